"""Files for people: a scorecard on paper and as a workbook."""

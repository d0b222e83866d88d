"""A small OpenID Connect provider on loopback: discovery, authorization, token and keys, over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "bpo-kpi", "a secret of two"


def make_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class OidcProvider:
    """Says of everybody what ``person`` says; ``claims`` and ``key`` replace what a right token would have."""

    port: int = 0
    person: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(default_factory=make_key)
    signs_with: rsa.RSAPrivateKey | None = None
    is_down: bool = False
    goes_down: bool = False
    """Whether it is gone once somebody has signed in there."""
    asked: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def will_say(self, *, signs_with: rsa.RSAPrivateKey | None = None, claims: Any = None, **person: Any) -> None:
        self.person, self.claims, self.signs_with = person, claims or {}, signs_with

    def document(self, path: str) -> Any:
        """Return what stands at an address that takes no question; null where the provider is down."""
        if self.is_down:
            return None
        if path == "/.well-known/openid-configuration":
            names = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
            ends = {f"{name}_endpoint": f"{self.issuer}/{place}" for name, place in names.items()}
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys", **ends}
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": "one", "alg": "RS256", "use": "sig"}]}

    def authorize(self, query: dict[str, str]) -> str:
        """Sign the person in at once; return the address that is led back to."""
        self.asked.append(query)
        self.is_down = self.goes_down
        code = f"code-{len(self.asked)}"
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> Any:
        """Give a token for a code, once, to who proves to be the one that asked; null otherwise."""
        asked = self.codes.pop(form.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return None
        if asked["code_challenge"] != proof.decode().rstrip("="):
            return None
        now = int(time.time())
        said = {"iss": self.issuer, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        signed = jwt.encode(
            {**said, **self.person, **self.claims}, self.signs_with or self.key, "RS256", headers={"kid": "one"}
        )
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": signed}


@contextmanager
def oidc_provider() -> Iterator[OidcProvider]:
    """Serve a provider for as long as the block runs."""
    provider = OidcProvider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = urlsplit(self.path)
            if place.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(_single(place.query)))
                self.end_headers()
                return
            self._answer(provider.document(place.path))

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(provider.token(_single(text)))

        def _answer(self, found: Any) -> None:
            body = json.dumps(found if found is not None else {"error": "invalid_grant"}).encode()
            self.send_response(400 if found is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.port = server.server_port
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        yield provider
        server.shutdown()


def _single(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text).items()}

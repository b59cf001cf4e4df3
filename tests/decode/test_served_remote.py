"""What a server may answer instead of tokens, and what is said then: the address, what was found, the cure."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from scilogos.decode.served import Remote
from scilogos.decode.served.requests import Request
from scilogos.errors import InputError, MissingError, PromptError
from scilogos.tasks.registry import find, open_engine
from tests.published import save_published, small_codec

CARD = {"id": "logos-8b", "root": "/models/LOGOS-8B", "max_model_len": 2048}
MODELS, COMPLETIONS = "/v1/models", "/v1/completions"


@pytest.fixture
def serve():
    """Start a server that gives a status and a body for each path, and keeps what it was sent."""
    servers = []

    def start(**bodies):
        paths = {"models": MODELS, "completions": COMPLETIONS}
        known = {MODELS: (200, {"data": [CARD]})} | {paths[name]: body for name, body in bodies.items()}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.server.seen.append((dict(self.headers), None))
                self._answer()

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.server.seen.append((dict(self.headers), body))
                self._answer()

            def _answer(self):
                status, body = known.get(self.path, (404, {"detail": "Not Found"}))
                if status == "slow":
                    time.sleep(1)
                    status = 200
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body.encode() if isinstance(body, str) else json.dumps(body).encode())

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.seen, server.url = [], f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


CHOICE = {
    "token_ids": [7, 0],
    "prompt_token_ids": [0, 5],
    "prompt_logprobs": [None, {"5": {"logprob": -0.5, "rank": 1, "decoded_token": "x"}}],
    "logprobs": {"top_logprobs": [{"token_id:7": -1.0, "token_id:9": -2.0}, {"token_id:0": -0.25}]},
}


def test_tokens_come_back_as_numbers(serve):
    server = serve(completions=(200, {"choices": [CHOICE, CHOICE | {"token_ids": [8], "logprobs": None}]}))
    remote = Remote(server.url + "/v1/", "LOGOS-8B")
    assert remote.longest == 2048 and remote.name == f"logos-8b@{server.url}"
    request = Request(prompt=(0, 5), n=2, seed=3, most=4, stop=(0,), expression="a+", shunned=(4,), asked=(7, 9))
    (reply,) = remote.ask([request])
    assert reply.prompt == (0, 5) and reply.prompt_scores == ({5: -0.5},)
    assert [draw.tokens for draw in reply.draws] == [(7, 0), (8,)]
    assert reply.draws[0].scores == ({7: -1.0, 9: -2.0}, {0: -0.25}) and reply.draws[1].scores == ()
    body = server.seen[-1][1]
    assert body["model"] == "logos-8b" and body["prompt"] == [0, 5] and body["structured_outputs"] == {"regex": "a+"}
    assert body["return_token_ids"] and body["logit_bias"] == {"4": -100.0} and body["logprob_token_ids"] == [7, 9]
    assert remote.ask([]) == []


def test_the_key_goes_along(serve, monkeypatch):
    monkeypatch.setenv("SCILOGOS_API_KEY", "secret")
    server = serve()
    Remote(server.url, "logos-8b")
    assert server.seen[0][0]["Authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("status", "body", "error", "said"),
    [
        (401, {"error": "Unauthorized"}, InputError, r"401: the server wants a key; give it in SCILOGOS_API_KEY"),
        (400, {"error": {"message": "too long"}}, PromptError, r"/v1/completions: 400: too long"),
        (500, "broken", MissingError, r"500 Internal Server Error: broken"),
        (503, "", MissingError, r"503 Service Unavailable: no reason given"),
        (200, "<html>", MissingError, r"its answer is no JSON .*; expected `vllm serve`"),
        (200, [1], MissingError, r"found list; expected an object"),
        (200, {"choices": []}, MissingError, r"no tokens in its answer .*; expected `vllm serve`"),
        (200, {"choices": [{"text": "CCO"}]}, MissingError, r"no tokens in its answer"),
        ("slow", {}, MissingError, r"no answer in 0\.3 s"),
    ],
)
def test_what_is_no_answer_is_named(serve, status, body, error, said):
    server = serve(completions=(status, body))
    remote = Remote(server.url, "logos-8b", timeout=0.3)
    with pytest.raises(error, match=said) as raised:
        remote.ask([Request(prompt=(0, 5))])
    assert server.url in str(raised.value)


def test_a_server_that_is_down_or_is_none(serve):
    with pytest.raises(MissingError, match=r"^http://127\.0\.0\.1:1: no answer .*is `vllm serve` running there\?"):
        Remote("http://127.0.0.1:1", "logos-8b")
    with pytest.raises(MissingError, match=r"404 Not Found"):
        Remote(serve().url + "/elsewhere", "logos-8b")
    with pytest.raises(MissingError, match="how long a text may be"):
        Remote(serve(models=(200, {"data": [{"id": "gpt"}]})).url, "logos-8b")


def test_which_model_is_meant(serve):
    other = CARD | {"id": "other", "root": "/models/other"}
    server = serve(models=(200, {"data": [other, CARD]}))
    assert Remote(server.url, "LOGOS-8B").name.startswith("logos-8b@")
    assert Remote(server.url, "other").name.startswith("other@")
    with pytest.raises(InputError, match=r"it serves other, logos-8b; expected one model, or one named LOGOS-1B"):
        Remote(server.url, "LOGOS-1B")
    assert Remote(serve().url, "any-name").name.startswith("logos-8b@")
    assert Remote(server.url, "other", "LOGOS-8B").name.startswith("other@"), "what was asked for, then its folder"
    assert Remote(server.url, "unheard", "LOGOS-8B").name.startswith("logos-8b@")
    twice = serve(models=(200, {"data": [CARD, CARD | {"id": "again"}, other]}))
    assert Remote(twice.url, "LOGOS-8B").name.startswith("logos-8b@"), "one model of two names"
    with pytest.raises(InputError, match="it serves none"):
        Remote(serve(models=(200, {"data": []})).url, "logos-8b")


def test_a_model_is_named_with_its_server(tmp_path):
    folder = save_published(tmp_path / "LOGOS-8B", small_codec())
    for weights in folder.glob("*.safetensors*"):
        weights.unlink()  # they are on the server
    assert find(f"{folder}@http://127.0.0.1:1") == find(f"{folder}@vllm") == folder
    with pytest.raises(MissingError, match="is `vllm serve` running there"):
        open_engine(f"{folder}@http://127.0.0.1:1")
    with pytest.raises(MissingError, match="no model 'nowhere'"):
        open_engine("nowhere@http://127.0.0.1:1")

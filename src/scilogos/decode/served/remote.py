"""A running `vllm serve`, on this machine or another, by its OpenAI-compatible completions API."""

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from scilogos.decode.served.requests import Draw, Reply, Request
from scilogos.errors import InputError, MissingError, PromptError

AT_ONCE = 64  # requests on their way
KEY = "SCILOGOS_API_KEY"


class Remote:
    """One model of a server; of several the first of `names` that is one chooses. `timeout` is in seconds."""

    def __init__(self, url: str, *names: str, timeout: float = 600.0) -> None:
        self.url, self.timeout = url.rstrip("/").removesuffix("/v1"), timeout
        self.name = self.url
        card = self._choose(self._call("/v1/models", None).get("data") or [], names)
        self.name, self._id = f"{card['id']}@{self.url}", card["id"]
        if not isinstance(card.get("max_model_len"), int):
            raise MissingError(f"{self.url}: it does not say how long a text may be; expected `vllm serve`")
        self.longest: int = card["max_model_len"]

    def _choose(self, cards: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Mapping[str, Any]:
        """The card of a name, else the one whose weights lie in a folder of that name; one model may have several."""
        for key in ("id", "root"):
            for name in names:
                named = [card for card in cards if name == str(card.get(key)).rpartition("/")[2]]
                if named and len({card.get("root") for card in named}) == 1:
                    return named[0]
        if len(cards) != 1:
            listing = ", ".join(str(card.get("id")) for card in cards) or "none"
            told = " or ".join(dict.fromkeys(names))
            raise InputError(f"{self.url}: it serves {listing}; expected one model, or one named {told}")
        return cards[0]

    def ask(self, requests: Sequence[Request]) -> list[Reply]:
        """Answer requests together: the server makes batches of what is on its way."""
        if not requests:
            return []
        with ThreadPoolExecutor(min(AT_ONCE, len(requests))) as pool:
            return list(pool.map(self._complete, requests))

    def _complete(self, request: Request) -> Reply:
        body = request.parameters() | {
            "model": self._id,
            "prompt": request.prompt,
            "skip_special_tokens": False,
            "return_token_ids": True,
            "return_tokens_as_token_ids": True,
        }
        if request.expression is not None:
            body["structured_outputs"] = {"regex": request.expression}
        choices = self._call("/v1/completions", body).get("choices") or []
        try:
            first = choices[0]
            prompt_scores = (first.get("prompt_logprobs") or [None])[1:]
            return Reply(
                tuple(first["prompt_token_ids"]), tuple(map(_prompt_scores, prompt_scores)), tuple(map(_draw, choices))
            )
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise MissingError(f"{self.url}: no tokens in its answer ({error!r}); expected `vllm serve`") from None

    def _call(self, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if os.environ.get(KEY):
            headers["Authorization"] = f"Bearer {os.environ[KEY]}"
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(HttpRequest(self.url + path, data, headers), timeout=self.timeout) as response:
                found = json.load(response)
        except HTTPError as error:
            raise self._refusal(path, error) from None
        except TimeoutError:
            raise MissingError(f"{self.url}{path}: no answer in {self.timeout:g} s") from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise MissingError(f"{self.url}: no answer ({reason}); is `vllm serve` running there?") from None
        except ValueError as error:
            raise MissingError(f"{self.url}{path}: its answer is no JSON ({error}); expected `vllm serve`") from None
        if not isinstance(found, dict):
            raise MissingError(f"{self.url}{path}: found {type(found).__name__}; expected an object of `vllm serve`")
        return found

    def _refusal(self, path: str, error: HTTPError) -> Exception:
        """What a status says: the request is wrong, the key is, nothing is there, or the server broke."""
        place = f"{self.url}{path}: {error.code}"
        if error.code in (401, 403):
            return InputError(f"{place}: the server wants a key; give it in {KEY}")
        if error.code in (400, 422):
            return PromptError(f"{place}: {_message(error)}")
        return MissingError(f"{place} {error.reason}: {_message(error)}")


def _message(error: HTTPError) -> str:
    """vLLM's own words, or what there is."""
    text = error.read().decode(errors="replace")
    try:
        return json.loads(text)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return text[:200] or "no reason given"


def _draw(choice: Mapping[str, Any]) -> Draw:
    places = (choice.get("logprobs") or {"top_logprobs": ()})["top_logprobs"]
    scores = ({_number(token): score for token, score in place.items()} for place in places)
    return Draw(tuple(choice["token_ids"]), tuple(scores))


def _number(token: str) -> int:
    return int(token.removeprefix("token_id:"))


def _prompt_scores(place: Mapping[str, Mapping[str, Any]]) -> dict[int, float]:
    return {int(token): known["logprob"] for token, known in place.items()}

"""Options that several verbs have."""

from typing import Annotated

from cyclopts import Parameter, validators

from scilogos.tasks import DEFAULT

Number = Annotated[int, Parameter(name=["-n", "--number"], validator=validators.Number(gte=1))]
Model = Annotated[
    str,
    Parameter(
        help="A model's name or folder; NAME@http://HOST:PORT where `vllm serve` holds it, NAME@vllm to run it by vLLM."
    ),
]

__all__ = ["DEFAULT", "Model", "Number"]

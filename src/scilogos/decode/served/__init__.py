"""The engine over vLLM: offline in this process, or a running `vllm serve`. The tasks do not know the difference."""

from scilogos.decode.served.engine import ServedEngine
from scilogos.decode.served.local import Local
from scilogos.decode.served.remote import Remote

__all__ = ["Local", "Remote", "ServedEngine"]

"""Vision transformers compiled to native code.

    import vitc
    model = vitc.compile("checkpoint/")
    model("cat.jpg")          # [{"label": "tabby", "score": 0.93}, ...], best first

`vitc.load("model.so")` takes what was compiled before. Whatever goes wrong raises `vitc.Error`, whose text is the line
that the command-line tools print.
"""

from ._compiler import cache_directory, compile
from ._library import Error
from ._model import Model, load
from ._modules import accelerate

__all__ = ["Error", "Model", "accelerate", "cache_directory", "compile", "load"]
__version__ = "0.1.0"

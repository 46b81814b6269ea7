"""Modules of transformers and timm that are in memory: saved for the compiler, and with a compiled forward."""

from __future__ import annotations

import functools
import inspect
import os
import sys
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Optional, TypeVar

from ._library import Error

if TYPE_CHECKING:
    import torch

Module = TypeVar("Module", bound="torch.nn.Module")


def is_module(value: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def _class_of(module: Any) -> Any:
    """The class that its library gave it, not the one of an accelerated copy."""
    return getattr(type(module), "vitc_original_class", type(module))


def _as_class(module: Any, cls: type) -> Any:
    """The same module, parts and weights shared, as another class."""
    made: Any = object.__new__(cls)
    made.__dict__.update(module.__dict__)
    return made


def _library_of(module: Any) -> str:
    """What a module is saved by."""
    transformers = sys.modules.get("transformers")
    if transformers is not None and isinstance(module, transformers.PreTrainedModel):
        return "transformers"
    if _class_of(module).__module__.startswith("timm.") and hasattr(module, "pretrained_cfg"):
        return "timm"
    raise Error(
        f"{_class_of(module).__name__}: neither a model of transformers nor one that timm.create_model made: save it as a "
        "checkpoint of one of these, or write a description (models/README.md)"
    )


def name_of(module: Any) -> str:
    """What its model is called: as its checkpoint, its architecture, or its class."""
    if _library_of(module) == "timm":
        return str(module.pretrained_cfg.get("architecture") or _class_of(module).__name__)
    path = str(getattr(module.config, "_name_or_path", "") or "")
    # A path may end with "." or "..".
    return (os.path.basename(os.path.abspath(path)) if path else "") or _class_of(module).__name__


def save(module: Any, directory: str, processor: Optional[Any]) -> None:
    """Writes a checkpoint of the module's present weights, and how pictures become its input."""
    if _library_of(module) == "transformers":
        # The class of an accelerated module is not one that transformers has.
        _as_class(module, _class_of(module)).save_pretrained(directory)
    else:
        from timm.models import save_for_hf

        save_for_hf(module, directory, safe_serialization=True)
    if processor is not None:
        processor.save_pretrained(directory)


def with_checkpoint(module: Any, processor: Optional[Any], work: Callable[[str], Any]) -> Any:
    """What `work` returns for the directory of a checkpoint that is there as long as it runs."""
    name = name_of(module)
    with tempfile.TemporaryDirectory(prefix="vitc-") as temporary:
        directory = os.path.join(temporary, name)
        os.mkdir(directory)
        save(module, directory, processor)
        return work(directory)


def _state(module: Any) -> list[tuple[str, int, int]]:
    """What changes when a weight is replaced, or written by PyTorch's operations."""
    tensors = [*module.named_parameters(), *module.named_buffers()]
    return [(name, tensor.data_ptr(), tensor._version) for name, tensor in tensors]


def accelerate(module: Module, *, threads: int = 0, output: Optional[str] = None, **options: Any) -> Module:
    """A copy of a module of transformers or timm whose `forward` is compiled: same arguments, same class of output.

    Its weights are compiled: what is done to them later has no effect (`vitc_is_current()` tells). They are shared with
    the module, which stays as it is. The copy computes without gradients, in f32, on the CPU, for the size of pictures
    that was compiled (`image_size`). Arguments that would compute something else raise `vitc.Error`. `threads`, `output`
    and other options are as of `vitc.compile`."""
    import torch

    from ._compiler import compile

    if not is_module(module):
        raise Error(f"module: {type(module).__name__}, expected a module of transformers or timm")
    if module.training:
        raise Error(f"{_class_of(module).__name__}: is in training mode, expected eval(): dropout is not compiled")
    model = compile(module, output, threads=threads, **options)
    if len(model.inputs) != 1:
        raise Error(f"{model.name}: has the inputs {', '.join(model.inputs)}, expected pictures alone")
    input_name = next(iter(model.inputs))
    original = _class_of(module)
    # What its outputs are, the module itself knows best.
    with torch.no_grad():
        size = next(iter(model.inputs.values()))
        weight = next(module.parameters())
        example = original.forward(module, torch.zeros(1, *size, dtype=weight.dtype, device=weight.device))
    is_tensor = isinstance(example, torch.Tensor)
    names = list(model.outputs)
    if not is_tensor and not hasattr(example, "to_tuple"):
        raise Error(f"{original.__name__}: forward returns {type(example).__name__}, expected a tensor or ModelOutput")
    if is_tensor and len(names) != 1:
        raise Error(f"{model.name}: has the outputs {', '.join(names)}, expected one, as forward returns")
    if not is_tensor and set(example) != set(names):
        raise Error(
            f"{original.__name__}: forward returns {', '.join(example)}, the compiled model {', '.join(names)}: expected "
            "the same"
        )
    dtypes = {name: (example if is_tensor else example[name]).dtype for name in names}
    signature = inspect.signature(original.forward)

    @functools.wraps(original.forward)
    def forward(self: Any, *arguments: Any, **named: Any) -> Any:
        given = signature.bind(self, *arguments, **named).arguments
        pixels = None
        returns_tuple = False
        for position, (name, value) in enumerate(list(given.items())[1:]):
            extra = value if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD else {name: value}
            for key, item in extra.items():
                if position == 0 and key == name:
                    pixels = item
                elif key == "return_dict":
                    returns_tuple = item is False
                elif item is not None and item is not False:
                    raise Error(f"forward: {key} was not compiled: call the module itself")
        if not isinstance(pixels, torch.Tensor):
            raise Error(f"forward: {type(pixels).__name__}, expected a tensor of pictures")
        if self.training:
            raise Error("forward: the module is in training mode: call eval(), or train the module itself")
        if pixels.requires_grad and torch.is_grad_enabled():
            raise Error("forward: gradients are asked for, and not computed: call the module itself")
        pixels = pixels.detach()
        arrays = model.run({input_name: pixels.float() if pixels.dtype == torch.bfloat16 else pixels})
        tensors = {name: torch.from_numpy(array).to(dtypes[name]) for name, array in arrays.items()}
        if is_tensor:
            return tensors[names[0]]
        # In the order of the class' fields.
        made = type(example)(**{name: tensors[name] for name in example})
        return made.to_tuple() if returns_tuple else made

    compiled_state = _state(module)

    def vitc_is_current(self: Any) -> bool:
        """Whether the weights are those that were compiled, as far as PyTorch notes changes."""
        return _state(self) == compiled_state

    def reduce(self: Any, *_: Any) -> Any:
        raise Error("an accelerated module is not copied or pickled: pickle the module, or the model (vitc_model)")

    members = {
        "__module__": original.__module__,
        "__qualname__": original.__qualname__,
        "__doc__": original.__doc__,
        "__reduce_ex__": reduce,
        "forward": forward,
        "vitc_is_current": vitc_is_current,
        "vitc_model": model,
        "vitc_original_class": original,
    }
    # Libraries look at the name of the class, which stays.
    accelerated: Module = _as_class(module, type(original.__name__, (original,), members))
    return accelerated

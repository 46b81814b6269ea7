"""Makes the peers' models of 8 bits from those of f32, beside them:

    model-int8.onnx         ONNX Runtime's dynamic quantisation: weights of 8 bits with a scale for each channel
    model-int8.xml, .bin    OpenVINO's by NNCF, calibrated on the pictures, as its documentation says for transformers
"""

import numpy as np


def has_vnni():
    with open("/proc/cpuinfo") as file:
        return any("vnni" in line for line in file if line.startswith("flags"))


def make_onnx(folder):
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    prepared = folder / "model-prepared.onnx"
    quant_pre_process(folder / "model.onnx", prepared)
    # Without VNNI its sums of two products saturate; its documentation says to give weights a bit less then.
    quantize_dynamic(
        prepared, folder / "model-int8.onnx", per_channel=True, weight_type=QuantType.QInt8, reduce_range=not has_vnni()
    )
    prepared.unlink()


def make_openvino(folder):
    import nncf
    import openvino

    model = openvino.Core().read_model(folder / "model.xml")
    pictures = np.load(folder / "pictures.npy")
    model.reshape([1, *pictures.shape[1:]])
    calibration = nncf.Dataset([picture[None] for picture in pictures])
    quantized = nncf.quantize(
        model, calibration, model_type=nncf.ModelType.TRANSFORMER, subset_size=len(pictures)
    )
    openvino.save_model(quantized, folder / "model-int8.xml", compress_to_fp16=False)


def make(folder, peers):
    """Makes what is missing of them."""
    if "onnxruntime" in peers and not (folder / "model-int8.onnx").exists():
        make_onnx(folder)
    if "openvino" in peers and not (folder / "model-int8.bin").exists():
        make_openvino(folder)

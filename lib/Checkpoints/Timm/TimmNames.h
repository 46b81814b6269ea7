//===- TimmNames.h - names that timm converts when it loads -----*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_TIMM_TIMMNAMES_H
#define VITC_LIB_CHECKPOINTS_TIMM_TIMMNAMES_H

#include "../NamedTensors.h"

namespace vitc {

/// Gives tensors of files that authors published the names of timm's class `kind`, as its checkpoint_filter_fn does:
/// OpenAI's and OpenCLIP's pictures' towers, DINOv2, AIMv2, BEiT-3, RADIO (VisionTransformer); Meta's perception
/// encoders, DINOv3, EVA and EVA-02, Sapiens 2 (Eva); ConvNeXt's authors (ConvNeXt). Files with timm's own names stay
/// as they are.
///
/// What is more than a name is left to the readers: `register_tokens` of DINOv2, whose class token has a position;
/// `q_proj`, `k_proj` and `v_proj` of BEiT-3; `mlp.pwconv1` and `mlp.pwconv2` of ConvNeXt, which are matrices.
void convertTimmNames(NamedTensors &tensors, llvm::StringRef kind);

/// The modules that models of this class can have.
llvm::ArrayRef<const char *> timmModules(llvm::StringRef kind);

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_TIMM_TIMMNAMES_H

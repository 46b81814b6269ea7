//===- TimmPreprocessing.h - timm's transform for evaluation ----*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_TIMM_TIMMPREPROCESSING_H
#define VITC_LIB_CHECKPOINTS_TIMM_TIMMPREPROCESSING_H

#include "vitc/Description/ModelDescription.h"
#include "vitc/Support/JsonReader.h"

namespace vitc {

/// Reads how pictures become the model's input from `pretrained_cfg`, as timm's transforms_imagenet_eval does. Empty
/// for other pictures than gray or colour ones.
std::vector<PreprocessStep> readTimmPreprocessing(InputErrors &errors, ObjectReader &pretrained,
                                                  const std::vector<int64_t> &imageShape);

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_TIMM_TIMMPREPROCESSING_H

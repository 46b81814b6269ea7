//===- ImageNetLabels.h - names of ImageNet's classes -----------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_TIMM_IMAGENETLABELS_H
#define VITC_LIB_CHECKPOINTS_TIMM_IMAGENETLABELS_H

#include <cstdint>
#include <string>
#include <vector>

namespace vitc {

/// Names of the classes of the subset of ImageNet that has so many, as timm infers it: lemmas of synsets. Empty if none
/// has.
std::vector<std::string> imageNetLabels(int64_t classes);

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_TIMM_IMAGENETLABELS_H

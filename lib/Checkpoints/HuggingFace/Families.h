//===- Families.h - the families of transformers models ---------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_FAMILIES_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_FAMILIES_H

#include "Model.h"

namespace vitc::huggingface {

/// A class of transformers.
struct Architecture {
  const char *name;
  Head head;
  /// A tensor that tells this class from those behind it in the list, if config.json names none; null: any file.
  const char *sign;
};

struct Family {
  /// model_type.
  const char *type;
  llvm::ArrayRef<Architecture> architectures;
  /// Keys of the object that describes the encoder, which is `section` ("vision_config") or, if null, the whole.
  ConfigTable keys;
  const char *section;
  /// Keys of the whole beside labels, if there is a section.
  ConfigTable outerKeys;
  /// Builds the model. `outer` is the whole config.json: the same as `config` without a section.
  void (*build)(Model &model, ConfigReader &config, ConfigReader &outer);
  /// Whether the library resamples positions for every size of pictures without being asked: preprocessor_config.json
  /// decides on it then, and image_size only says what the positions were made for.
  bool takesAnySize = false;
  /// Whether nodes depend on the size of pictures, so that they are built again when that is not what the
  /// configuration says.
  bool dependsOnSize = false;
};

/// `Family::build` of a class that reads the configuration when it is made.
template <typename Builder> void buildWith(Model &model, ConfigReader &config, ConfigReader &) {
  Builder builder(model, config);
  if (!model.errors.any())
    builder.build();
}

/// All of them, those that are used most first.
llvm::ArrayRef<Family> families();
const Family *findFamily(llvm::StringRef type);

// One list for each file that builds some.
llvm::ArrayRef<Family> vitFamilies();
llvm::ArrayRef<Family> dinov2Families();
llvm::ArrayRef<Family> dinov3Families();
llvm::ArrayRef<Family> clipFamilies();
llvm::ArrayRef<Family> beitFamilies();
llvm::ArrayRef<Family> yolosFamilies();
llvm::ArrayRef<Family> resnetFamilies();
llvm::ArrayRef<Family> mobilenetV2Families();
llvm::ArrayRef<Family> convnextFamilies();
llvm::ArrayRef<Family> mobilenetV1Families();
llvm::ArrayRef<Family> regnetFamilies();
llvm::ArrayRef<Family> efficientnetFamilies();
llvm::ArrayRef<Family> poolformerFamilies();
llvm::ArrayRef<Family> pvtV2Families();
llvm::ArrayRef<Family> levitFamilies();
llvm::ArrayRef<Family> mobilevitFamilies();
llvm::ArrayRef<Family> mobilevitV2Families();
llvm::ArrayRef<Family> swinFamilies();
llvm::ArrayRef<Family> segformerFamilies();
llvm::ArrayRef<Family> upernetFamilies();
llvm::ArrayRef<Family> depthAnythingFamilies();
llvm::ArrayRef<Family> dptFamilies();
llvm::ArrayRef<Family> detrFamilies();
llvm::ArrayRef<Family> conditionalDetrFamilies();
llvm::ArrayRef<Family> samFamilies();
llvm::ArrayRef<Family> vitposeFamilies();
llvm::ArrayRef<Family> vitdetFamilies();
llvm::ArrayRef<Family> vitmatteFamilies();
llvm::ArrayRef<Family> hieraFamilies();
llvm::ArrayRef<Family> bitFamilies();

/// Names of the layers' tensors and the prefix in front of a layer's number, whichever version wrote them.
struct Layers {
  std::string prefix;
  LayerNames names;
};
/// Those of ViT and its relatives behind `prefix`.
Layers findVitLayers(const Model &model, const std::string &prefix);

} // namespace vitc::huggingface

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_FAMILIES_H

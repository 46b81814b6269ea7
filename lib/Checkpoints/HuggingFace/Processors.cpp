//===- Processors.cpp - what processor classes do by default ----*- C++ -*-===//

#include "Processors.h"

#include "llvm/ADT/StringSwitch.h"

using namespace vitc;

/// IMAGENET_STANDARD_MEAN and _STD, IMAGENET_DEFAULT_MEAN and _STD, OPENAI_CLIP_MEAN and _STD of transformers.
constexpr Statistics halves = {{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}};
constexpr Statistics imageNet = {{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};
constexpr Statistics clip = {{0.48145466, 0.4578275, 0.40821073}, {0.26862954, 0.26130258, 0.27577711}};

static constexpr Processor all[] = {
    {"ViT", 224, Edges::Both, Edges::Both, false, 0, 2, halves},
    {"DeiT", 256, Edges::Both, Edges::Both, true, 224, 3, halves},
    {"Beit", 224, Edges::Both, Edges::Both, false, 224, 3, halves},
    {"Bit", 224, Edges::Shortest, Edges::Shortest, true, 224, 3, clip},
    {"CLIP", 224, Edges::Shortest, Edges::Shortest, true, 224, 3, clip},
    {"Siglip", 224, Edges::Both, Edges::Shortest, false, 0, 3, halves},
    {"DINOv3ViT", 224, Edges::Both, Edges::Both, false, 0, 2, imageNet, true},
    {"Yolos", 800, Edges::Bounded, Edges::Bounded, false, 0, 2, imageNet},
    {"Detr", 800, Edges::Bounded, Edges::Bounded, false, 0, 2, imageNet, false, Margin::None, 1, false, false, false,
     1},
    {"ConditionalDetr", 800, Edges::Bounded, Edges::Bounded, false, 0, 2, imageNet, false, Margin::None, 1, false,
     false, false, 1},
    {"ConvNext", 384, Edges::Shortest, Edges::Shortest, false, 0, 3, halves, false, Margin::ConvNext, 224.0 / 256},
    {"MobileNetV1", 256, Edges::Shortest, Edges::Shortest, true, 224, 2, halves},
    {"MobileNetV2", 256, Edges::Shortest, Edges::Shortest, true, 224, 2, halves},
    {"EfficientNet", 346, Edges::Both, Edges::Both, false, 289, 3, halves, false, Margin::None, 1, true},
    {"PoolFormer", 224, Edges::Shortest, Edges::Shortest, true, 224, 3, imageNet, false, Margin::PoolFormer, 0.9},
    {"Levit", 224, Edges::Shortest, Edges::Shortest, true, 224, 3, imageNet, false, Margin::Levit},
    {"Pvt", 224, Edges::Both, Edges::Both, false, 0, 3, imageNet},
    {"Sam", 1024, Edges::Longest, Edges::Longest, false, 0, 2, imageNet},
    {"Segformer", 512, Edges::Both, Edges::Both, false, 0, 2, imageNet},
    {"DPT", 384, Edges::Both, Edges::Both, false, 0, 3, halves, false, Margin::None, 1, false, false, true},
    {"MobileViT", 224, Edges::Shortest, Edges::Shortest, true, 256, 3, halves, false, Margin::None, 1, false, true}};

llvm::ArrayRef<Processor> vitc::processors() { return all; }

llvm::ArrayRef<const char *> vitc::otherProcessors() {
  static constexpr const char *names[] = {"Siglip2", "VitMatte", "VitPose"};
  return names;
}

const char *vitc::processorOf(llvm::StringRef modelType) {
  return llvm::StringSwitch<const char *>(modelType)
      .Case("deit", "DeiT")
      .Cases("beit", "data2vec-vision", "Beit")
      .Cases("clip", "clip_vision_model", "CLIP")
      .Cases("siglip", "siglip_vision_model", "Siglip")
      .Cases("siglip2", "siglip2_vision_model", "Siglip2")
      .Cases("bit", "dinov2", "dinov2_with_registers", "hiera", "Bit")
      .Case("dinov3_vit", "DINOv3ViT")
      .Case("vitmatte", "VitMatte")
      .Cases("vitpose", "vitpose_backbone", "VitPose")
      .Case("yolos", "Yolos")
      .Case("detr", "Detr")
      .Case("conditional_detr", "ConditionalDetr")
      .Cases("convnext", "convnextv2", "regnet", "resnet", "ConvNext")
      .Case("mobilenet_v1", "MobileNetV1")
      .Case("mobilenet_v2", "MobileNetV2")
      .Case("efficientnet", "EfficientNet")
      .Case("poolformer", "PoolFormer")
      .Case("levit", "Levit")
      .Case("pvt_v2", "Pvt")
      .Cases("sam", "sam_vision_model", "Sam")
      .Cases("segformer", "upernet", "Segformer")
      .Cases("mobilevit", "mobilevitv2", "MobileViT")
      .Cases("depth_anything", "dpt", "DPT")
      .Default("ViT");
}

llvm::ArrayRef<const char *> vitc::inertProcessorKeys() {
  static constexpr const char *keys[] = {"annotations",
                                         "do_convert_annotations",
                                         "do_reduce_labels",
                                         "reduce_labels",
                                         "format",
                                         "masks_path",
                                         "return_segmentation_masks",
                                         "_processor_class",
                                         "_valid_processor_keys",
                                         "auto_map",
                                         "data_format",
                                         "device",
                                         "disable_grouping",
                                         "do_convert_rgb",
                                         "input_data_format",
                                         "padding_mode",
                                         "fill_value",
                                         "processor_class",
                                         "return_tensors",
                                         "reducing_gap",
                                         "mask_size",
                                         "mask_pad_size",
                                         "image_seq_length"};
  return keys;
}

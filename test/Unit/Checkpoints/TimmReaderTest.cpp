//===- TimmReaderTest.cpp ---------------------------------------*- C++ -*-===//
//
// What config.json says; what the models compute is tested with checkpoints of timm's own elsewhere.
//
//===----------------------------------------------------------------------===//

#include "vitc/Checkpoints/TimmReader.h"
#include "../Importer/CheckedModel.h"
#include "../Support/TestFiles.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace vitc;
using namespace vitc::test;

namespace {

llvm::Expected<ModelDescription> read(llvm::StringRef config) {
  llvm::Expected<JsonValue> json = parseJson(config, "c");
  if (!json)
    return json.takeError();
  return readTimm({"c", *json}, nullptr);
}

llvm::Expected<ModelDescription> readVit(llvm::StringRef modelArgs, llvm::StringRef pretrained = "",
                                         llvm::StringRef root = "", llvm::StringRef name = "vit_tiny_patch16_224") {
  return read((R"({"architecture":")" + name + R"(",)" + root + R"("model_args":{)" + modelArgs +
               R"(},"pretrained_cfg":{)" + pretrained + "}}")
                  .str());
}

const Node &nodeOf(const ModelDescription &description, llvm::StringRef name) {
  return *llvm::find_if(description.nodes, [&](const Node &node) { return node.name == name; });
}

std::string steps(llvm::StringRef pretrained, llvm::StringRef modelArgs = "") {
  ModelDescription model = valueOf(readVit(modelArgs, pretrained));
  std::string list;
  for (const PreprocessStep &step : model.inputs[0].preprocessing) {
    list += step.kind + (step.filter.empty() ? "" : " " + step.filter);
    for (double value : step.values)
      list += " " + writeJson(value, JsonLayout::Compact);
    list += "; ";
  }
  return list;
}

const std::string toReals = "rescale 0.00392156862745098; normalize 0.485 0.456 0.406 0.229 0.224 0.225; ";

} // namespace

TEST(TimmReader, EveryArchitectureIsDescribedOrRefused) {
  std::vector<std::string> refused;
  std::vector<std::string> names = timmArchitectureNames();
  EXPECT_GT(names.size(), 250u);
  EXPECT_TRUE(llvm::is_sorted(names));
  for (const std::string &name : names) {
    llvm::Expected<ModelDescription> model = readVit("", "", "", name);
    if (!model) {
      std::string message = llvm::toString(model.takeError());
      EXPECT_NE(message.find("c: /architecture (line 1): '" + name + "' is not supported, it needs "),
                std::string::npos)
          << message;
      refused.push_back(name);
      continue;
    }
    llvm::Expected<TestFunction> function = importAlone(*model);
    EXPECT_TRUE(bool(function)) << name << ": " << (function ? "" : llvm::toString(function.takeError()));
  }
  // Learned rotations; fewer heads for keys and values; differential attention. Lists of the channels that are left,
  // norms of another kind, several kernels or filters in a layer, attention or spaces made depth within mobile
  // networks.
  for (llvm::StringRef name : refused)
    EXPECT_TRUE(name.contains("mixed") || name.contains("sapiens2") || name == "vit_dlittle_patch16_reg1_gap_256" ||
                name == "vit_dpwee_patch16_reg1_gap_256" || name == "vit_dwee_patch16_reg1_gap_256" ||
                name.ends_with("_pruned") || name.contains("zepto_rms") || name.contains("mixnet") ||
                name.contains("efficientnet_cc") || name.contains("mobilenetv4_hybrid") ||
                name == "gc_efficientnetv2_rw_t" || name == "test_efficientnet_evos" || name == "efficientnet_h_b5" ||
                name == "vit_base_mci_224" || name.starts_with("efficientnet_x_b"))
        << name.str();
  EXPECT_LT(refused.size(), names.size() / 10);
}

TEST(TimmReader, ArgumentsOverrideWhatTheNameImplies) {
  ModelDescription model = valueOf(readVit(R"("depth":1,"embed_dim":96,"mlp_ratio":2.6,"act_layer":"swish")"));
  EXPECT_EQ(model.name, "vit_tiny_patch16_224");
  const Node &block = nodeOf(model, "blocks.0");
  EXPECT_EQ(std::get<int64_t>(block.attributes.at("heads")), 3);
  // Cut, not rounded: 249.6.
  EXPECT_EQ(std::get<int64_t>(block.attributes.at("hidden_size")), 249);
  EXPECT_EQ(std::get<std::string>(block.attributes.at("activation")), "silu");
  EXPECT_EQ(std::get<double>(block.attributes.at("epsilon")), 1e-6);
  // null is None: the name's layer scale goes.
  ModelDescription plain = valueOf(readVit(R"("depth":1,"init_values":null)", "", "", "deit3_small_patch16_224"));
  EXPECT_EQ(nodeOf(plain, "blocks.0").parameters.count("layer_scale1"), 0u);
  ModelDescription scaled = valueOf(readVit(R"("depth":1)", "", "", "deit3_small_patch16_224"));
  EXPECT_EQ(nodeOf(scaled, "blocks.0").parameters.at("layer_scale1"), "blocks.0.ls1.gamma");
}

TEST(TimmReader, SizesOfImages) {
  auto shape = [](llvm::StringRef modelArgs, llvm::StringRef pretrained, llvm::StringRef name) {
    return valueOf(readVit(modelArgs, pretrained, "", name)).inputs[0].shape;
  };
  llvm::StringRef size = R"("input_size":[1,64,32])", fixed = R"("input_size":[1,64,32],"fixed_input_size":true)";
  EXPECT_EQ(shape("", "", "vit_tiny_patch16_224"), (Shape{3, 224, 224}));
  // A size is only recommended unless it is fixed.
  EXPECT_EQ(shape("", size, "vit_tiny_patch16_224"), (Shape{1, 224, 224}));
  EXPECT_EQ(shape("", fixed, "vit_tiny_patch16_224"), (Shape{1, 64, 32}));
  // Models that take any get the recommended one; their positions are those of the size that is the class' default.
  EXPECT_EQ(shape(R"("dynamic_img_size":true)", size, "vit_tiny_patch16_224"), (Shape{1, 64, 32}));
  EXPECT_EQ(shape(R"("dynamic_img_size":true)", R"("input_size":[3,64,40])", "vit_tiny_patch16_224"),
            (Shape{3, 224, 224}));
  ModelDescription dynamic = valueOf(readVit(R"("dynamic_img_size":true)", size));
  EXPECT_EQ(std::get<std::vector<int64_t>>(nodeOf(dynamic, "pos_embed").attributes.at("source_grid")), (Shape{14, 14}));
  EXPECT_EQ(shape(R"("img_size":48)", fixed, "vit_tiny_patch16_224"), (Shape{1, 48, 48}));
  EXPECT_EQ(shape("", fixed, "vit_huge_patch16_radio_v4"), (Shape{1, 512, 512}));
  // Convolutions take any.
  EXPECT_EQ(shape("", size, "resnet18"), (Shape{1, 64, 32}));
  EXPECT_EQ(shape(R"("in_chans":2)", "", "convnext_atto"), (Shape{2, 224, 224}));
  // What is left of whole patches is cut off.
  ModelDescription model = valueOf(readVit(R"("img_size":[50,33])"));
  EXPECT_EQ(std::get<int64_t>(nodeOf(model, "patch_embed.rows").attributes.at("size")), 48);
  EXPECT_EQ(std::get<int64_t>(nodeOf(model, "patch_embed.columns").attributes.at("size")), 32);
}

TEST(TimmReader, Outputs) {
  auto outputs = [](llvm::StringRef modelArgs, llvm::StringRef root = "",
                    llvm::StringRef name = "vit_tiny_patch16_224") {
    ModelDescription model = valueOf(readVit(modelArgs, "", root, name));
    EXPECT_EQ(model.outputs.size(), 1u);
    return model.outputs[0].name + " " + model.outputs[0].from + (model.scores == Scores::Softmax ? " softmax" : "");
  };
  EXPECT_EQ(outputs(""), "logits head softmax");
  EXPECT_EQ(outputs("", R"("num_classes":0,)"), "pooler_output pool");
  EXPECT_EQ(outputs(R"("num_classes":0,"global_pool":"avg")"), "pooler_output fc_norm");
  EXPECT_EQ(outputs(R"("num_classes":0,"global_pool":"")"), "last_hidden_state norm");
  EXPECT_EQ(outputs(R"("global_pool":"")"), "logits head");
  EXPECT_EQ(outputs("", "", "deit_tiny_distilled_patch16_224"), "logits average softmax");
  EXPECT_EQ(outputs(R"("num_classes":0)", "", "deit_tiny_distilled_patch16_224"), "pooler_output average");
  EXPECT_EQ(outputs("", "", "resnet18"), "logits fc softmax");
  EXPECT_EQ(outputs(R"("num_classes":0)", "", "resnet18"), "pooler_output global_pool");
  EXPECT_EQ(outputs(R"("num_classes":0,"global_pool":"")", "", "resnet18"), "last_hidden_state last_hidden_state");
  EXPECT_EQ(outputs(R"("num_classes":0)", "", "convnext_atto"), "pooler_output head.norm");
}

TEST(TimmReader, Labels) {
  auto labels = [](llvm::StringRef root) {
    return llvm::join(valueOf(readVit(R"("num_classes":2)", "", root)).labels, ",");
  };
  EXPECT_EQ(labels(""), "");
  EXPECT_EQ(labels(R"("label_names":["a","b"],)"), "a,b");
  EXPECT_EQ(labels(R"("label_names":{"1":"b","0":"a"},)"), "a,b");
  EXPECT_EQ(labels(R"("label_names":["a","b"],"label_descriptions":{"b":"bee","c":"sea"},)"), "a,bee");
}

TEST(TimmReader, Preprocessing) {
  EXPECT_EQ(steps(""), "decode 3.0; resize_shortest_edge bicubic 256.0; center_crop even 224.0 224.0; " + toReals);
  EXPECT_EQ(steps(R"("crop_pct":0.9,"interpolation":"bilinear")"),
            "decode 3.0; resize_shortest_edge bilinear 248.0; center_crop even 224.0 224.0; " + toReals);
  EXPECT_EQ(steps(R"("crop_pct":1.0,"crop_mode":"squash","mean":[0.5],"std":[0.25,0.5,1])", R"("img_size":[32,48])"),
            "decode 3.0; resize bicubic 32.0 48.0; center_crop even 32.0 48.0; rescale 0.00392156862745098; "
            "normalize 0.5 0.5 0.5 0.25 0.5 1.0; ");
  EXPECT_EQ(steps("", R"("img_size":[32,48])"),
            "decode 3.0; resize_cover bicubic 36.0 54.0; center_crop even 32.0 48.0; " + toReals);
  // Half of 255 is rounded to an even number.
  EXPECT_EQ(
      steps(R"("crop_pct":1.0,"crop_mode":"border","mean":0.5,"std":1)", R"("img_size":[32,48])"),
      "decode 3.0; resize_contain bicubic 32.0 48.0; pad 32.0 48.0 128.0 128.0 128.0; center_crop even 32.0 48.0; "
      "rescale 0.00392156862745098; normalize 0.5 0.5 0.5 1.0 1.0 1.0; ");
  // No steps say it.
  EXPECT_EQ(steps(R"("mean":[0.5],"std":[0.5])", R"("in_chans":2)"), "");
}

TEST(TimmReader, Errors) {
  auto of = [](llvm::StringRef modelArgs, llvm::StringRef pretrained = "", llvm::StringRef root = "",
               llvm::StringRef name = "vit_tiny_patch16_224") {
    return messageOf(readVit(modelArgs, pretrained, root, name));
  };
  EXPECT_EQ(
      of("", "", "", "vit_tiny_patch16_225"),
      "c: /architecture (line 1): unknown architecture 'vit_tiny_patch16_225'; did you mean 'vit_tiny_patch16_224'?");
  EXPECT_EQ(
      of("", "", "", "coat_tiny"),
      "c: /architecture (line 1): 'coat_tiny' is not supported, expected one of timm's classes VisionTransformer, "
      "VisionTransformerDistilled, Eva, Beit, SwinTransformer, ResNet, ConvNeXt, EfficientNet and MobileNetV3");
  EXPECT_EQ(
      of("", "", "", "vit_dpwee_patch16_reg1_gap_256"),
      "c: /architecture (line 1): 'vit_dpwee_patch16_reg1_gap_256' is not supported, it needs DiffParallelScalingBlock "
      "(block_fn)");
  EXPECT_EQ(of(R"("embed_dims":3)"),
            "c: /model_args/embed_dims (line 1): unknown key 'embed_dims'; did you mean 'embed_dim'?");
  EXPECT_EQ(of("", R"("crop":3)"), "c: /pretrained_cfg/crop (line 1): unknown key 'crop'");
  EXPECT_EQ(of("", "", R"("classes":3,)").substr(0, 41), "c: /classes (line 1): unknown key 'classe");
  EXPECT_EQ(of(R"("num_heads":5)"), "c: /model_args/num_heads (line 1): 5 heads do not divide the width 192");
  EXPECT_EQ(of(R"("embed_dim":100)"), "c: /model_args/embed_dim (line 1): 3 heads do not divide the width 100");
  EXPECT_EQ(of(R"("num_classes":3)", "", R"("num_classes":4,)"),
            "c: /model_args/num_classes (line 1): is 3, the weights are for 4 classes (/num_classes)");
  EXPECT_EQ(of(R"("mlp_layer":"GluMlp")"), "c: /model_args/mlp_layer (line 1): GluMlp is not supported");
  EXPECT_EQ(of(R"("act_layer":"mish")"), "c: /model_args/act_layer (line 1): the activation 'mish' is not supported");
  EXPECT_EQ(of(R"("norm_layer":"batchnorm")"),
            "c: /model_args/norm_layer (line 1): the norm 'batchnorm' is not supported");
  EXPECT_EQ(of(R"("global_pool":"prr")"), "c: /model_args/global_pool (line 1): 'prr' is not supported");
  EXPECT_EQ(of(R"("class_token":false)"), "c: /model_args/class_token (line 1): pooling 'token' needs the class token");
  auto ofMaps = [&](llvm::StringRef modelArgs, llvm::StringRef name) { return of(modelArgs, "", "", name); };
  EXPECT_EQ(ofMaps("", "ecaresnet50d_pruned"),
            "c: /architecture (line 1): 'ecaresnet50d_pruned' is not supported, it needs true (pruned)");
  EXPECT_EQ(ofMaps(R"("layers":[1,1])", "resnet18"),
            "c: /model_args/layers (line 1): expected as many layers and blocks as there are channels (4), at most 4");
  EXPECT_EQ(ofMaps(R"("layers":[1,1,1,0])", "resnet18"),
            "c: /model_args/layers/3 (line 1): is 0, expected an integer from 1 to 1000");
  EXPECT_EQ(ofMaps(R"("block":"SEBlock")", "resnet18"), "c: /model_args/block (line 1): 'SEBlock' is not supported");
  EXPECT_EQ(ofMaps(R"("base_width":32)", "resnet18"),
            "c: /model_args/base_width (line 1): 32 with BasicBlock is not supported");
  EXPECT_EQ(ofMaps(R"("block_args":[])", "resnet18"),
            "c: /model_args/block_args (line 1): is an array, expected an object");
  EXPECT_EQ(ofMaps(R"("block_args":{"attn_layer":"gc"})", "resnet18"),
            "c: /model_args/block_args (line 1): the attention 'gc' is not supported");
  EXPECT_EQ(ofMaps(R"("block_args":{"attn_layer":["SEModule"]})", "resnet18"),
            "c: /model_args/block_args (line 1): expected a class, or an array of a class and its arguments");
  EXPECT_EQ(ofMaps(R"("channels":[1,1,1,1],"base_width":32)", "resnet50"),
            "c: /model_args/channels (line 1): a block of 1 channels would have none inside");
  EXPECT_EQ(ofMaps(R"("aa_layer":"max")", "resnet50"), "c: /model_args/aa_layer (line 1): 'max' is not supported");
  EXPECT_EQ(ofMaps(R"("output_stride":4)", "resnet50"), "c: /model_args/output_stride (line 1): 4 is not supported");
  EXPECT_EQ(ofMaps(R"("global_pool":"")", "resnet50"),
            "c: /model_args/global_pool (line 1): a classifier without pooling is not supported");
  EXPECT_EQ(ofMaps(R"("norm_layer":["GroupNorm",{"eps":-1}])", "resnet50"),
            "c: /model_args/norm_layer (line 1): is -1.0, expected at least 0");
  EXPECT_EQ(ofMaps(R"("norm_layer":["GroupNorm",{"group_size":48}])", "resnet50"),
            "c: /architecture (line 1): 64 channels of bn1 are no whole groups");
  EXPECT_EQ(ofMaps(R"("dims":[8,8])", "convnext_atto"), "c: /model_args/dims (line 1): has 2 stages, expected 4");
  EXPECT_EQ(ofMaps(R"("kernel_sizes":[7,7])", "convnext_atto"),
            "c: /model_args/kernel_sizes (line 1): expected one size, or one for each stage");
  EXPECT_EQ(ofMaps(R"("kernel_sizes":4)", "convnext_atto"),
            "c: /model_args/kernel_sizes (line 1): an even size (4) is not supported");
  EXPECT_EQ(ofMaps(R"("norm_layer":"groupnorm")", "convnext_atto"),
            "c: /model_args/norm_layer (line 1): another norm than of each pixel's channels is not supported");
  EXPECT_EQ(ofMaps(R"("global_pool":"catavgmax")", "convnext_atto"),
            "c: /model_args/global_pool (line 1): 'catavgmax' before a norm is not supported");
  auto ofBlocks = [&](llvm::StringRef blocks) {
    return llvm::StringRef(ofMaps((R"("block_args":)" + blocks).str(), "mobilenetv3_small_100"))
        .split("line 1): ")
        .second.str();
  };
  EXPECT_EQ(ofBlocks("7"), "expected an array of stages");
  EXPECT_EQ(ofBlocks("[[]]"), "expected an array of blocks for each stage");
  EXPECT_EQ(ofBlocks(R"([["mqa_r1_k3_s1_c8"]])"), "the block 'mqa' is not supported");
  EXPECT_EQ(ofBlocks(R"([["ir_r1_k3.5_s1_e2_c8"]])"), "'k3.5' of a block is not supported");
  EXPECT_EQ(ofBlocks(R"([["ir_r1_k3_s3_e2_c8"]])"), "'s3' of a block is not supported");
  EXPECT_EQ(ofBlocks(R"([["ir_r1_k3_s1_e2_c8_nmi"]])"), "'nmi' of a block is not supported");
  EXPECT_EQ(ofBlocks(R"([["ir_r1_k3_s1_e2"]])"), "a block without channels or kernel is not supported");
  EXPECT_EQ(ofBlocks(R"([["ir_r1_k3_s1_e1_c8_gs5"]])"), "groups of 5 do not divide the 16 channels of blocks.0.0");
  EXPECT_EQ(ofMaps(R"("se_layer":["SqueezeExcite",{"rd_round_fn":"round"}])", "mobilenetv3_small_100"),
            "c: /model_args/se_layer (line 1): rounding by 'round' is not supported");
  EXPECT_EQ(ofMaps(R"("se_layer":"EcaModule")", "efficientnet_b0"),
            "c: /model_args/se_layer (line 1): the attention 'EcaModule' is not supported");
  EXPECT_EQ(ofMaps(R"("pad_type":"valid")", "efficientnet_b0"),
            "c: /model_args/pad_type (line 1): 'valid' is not supported");
  EXPECT_EQ(ofMaps(R"("bn_eps":-1)", "efficientnet_b0"),
            "c: /model_args/bn_eps (line 1): is -1.0, expected at least 0");
  EXPECT_EQ(of(R"("use_naflex":true)"), "c: /model_args/use_naflex (line 1): true is not supported");
  EXPECT_EQ(of(R"("patch_size":300)"),
            "c: /model_args/patch_size (line 1): patches of 300x300 are larger than the image of 224x224");
  EXPECT_EQ(
      of(R"("img_size":100,"dynamic_img_size":true)"),
      "c: /model_args/dynamic_img_size (line 1): true for images of 100x100 and patches of 16x16 is not supported");
  EXPECT_EQ(of(R"("mlp_ratio":0)"), "c: /model_args/mlp_ratio (line 1): is 0.0, the MLP would have 0.0 features");
  EXPECT_EQ(of(R"("depth":-1)"), "c: /model_args/depth (line 1): is -1, expected an integer from 0 to 625");
  EXPECT_EQ(of("", R"("input_size":[3,224])"),
            "c: /pretrained_cfg/input_size (line 1): expected channels, height and width");
  EXPECT_EQ(of("", R"("mean":[0.5,0.5])"), "c: /pretrained_cfg/mean (line 1): has 2 numbers, the model has 3 channels");
  EXPECT_EQ(of("", R"("std":[1,0,1])"),
            "c: /pretrained_cfg/std (line 1): has 0.0, a standard deviation is greater than 0");
  EXPECT_EQ(of("", R"("crop_mode":"border","mean":[0.5,2,0.5])"),
            "c: /pretrained_cfg/mean (line 1): has 2.0, which is no colour for a border");
  EXPECT_EQ(of("", R"("interpolation":"cubic")"), "c: /pretrained_cfg/interpolation (line 1): unknown value 'cubic', "
                                                  "expected one of nearest, bilinear, bicubic, box, "
                                                  "hamming, lanczos");
  EXPECT_EQ(of("", R"("label_offset":1)"),
            "c: /pretrained_cfg/label_offset (line 1): only 0 is supported: weights of other classes in front");
  EXPECT_EQ(of(R"("num_classes":2)", "", R"("label_names":["a"],)"),
            "c: /label_names (line 1): has 1 names, the model has 2 classes");
  EXPECT_EQ(of(R"("reg_tokens":1)", "", "", "deit_tiny_distilled_patch16_224"),
            "c: /model_args/reg_tokens (line 1): a distilled model with registers is not supported");
}

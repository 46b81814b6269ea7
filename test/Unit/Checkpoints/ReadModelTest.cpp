//===- ReadModelTest.cpp - files, paths, checkpoints ------------*- C++ -*-===//

#include "vitc/Checkpoints/ReadModel.h"

#include "../Importer/CheckedModel.h"
#include "../Support/TestFiles.h"
#include "vitc/Description/DescriptionWriter.h"
#include "llvm/ADT/STLExtras.h"

#include <unistd.h>

using namespace vitc;
using namespace vitc::test;

namespace {

const char *const tinyDescription =
    R"({"version":1,"name":"m","weights":"w.safetensors","inputs":[{"name":"x","shape":[2,1]}],
    "nodes":[{"name":"l","op":"linear","out_features":1,"parameters":{"weight":"w"}}],"outputs":[{"name":"y"}]})";

std::string tinyWeights() { return safetensors(R"({"w":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]}})", "1234"); }

/// Tensors of a checkpoint by name, with their shapes.
using Tensors = std::vector<std::pair<std::string, std::vector<int64_t>>>;

std::string zeros(const Tensors &tensors) {
  std::string header;
  uint64_t offset = 0;
  for (const auto &[name, shape] : tensors) {
    uint64_t bytes = 2;
    std::string sizes;
    for (int64_t size : shape) {
      bytes *= uint64_t(size);
      sizes += (sizes.empty() ? "" : ",") + std::to_string(size);
    }
    header += (header.empty() ? "\"" : ",\"") + name + R"(":{"dtype":"BF16","shape":[)" + sizes +
              R"(],"data_offsets":[)" + std::to_string(offset) + "," + std::to_string(offset + bytes) + "]}";
    offset += bytes;
  }
  return safetensors("{" + header + "}", std::string(offset, '\0'));
}

/// What a small checkpoint has in front of its head: one layer, width 4, 2 heads, MLP 6, two patches of 2x2.
Tensors baseTensors(const std::string &prefix, bool isDistilled, bool version5, bool qkvBias = true) {
  Tensors tensors = {{prefix + "embeddings.cls_token", {1, 1, 4}},
                     {prefix + "embeddings.patch_embeddings.projection.weight", {4, 3, 2, 2}},
                     {prefix + "embeddings.patch_embeddings.projection.bias", {4}},
                     {prefix + "embeddings.position_embeddings", {1, isDistilled ? 4 : 3, 4}},
                     {prefix + "layernorm.weight", {4}},
                     {prefix + "layernorm.bias", {4}}};
  if (isDistilled)
    tensors.push_back({prefix + "embeddings.distillation_token", {1, 1, 4}});
  std::string layer = prefix + (version5 ? "layers.0." : "encoder.layer.0.");
  auto linear = [&](const std::string &name, int64_t out, int64_t in, bool bias) {
    tensors.push_back({layer + name + ".weight", {out, in}});
    if (bias)
      tensors.push_back({layer + name + ".bias", {out}});
  };
  for (const char *part : {"query", "key", "value"})
    linear(version5 ? "attention." + std::string(1, part[0]) + "_proj" : std::string("attention.attention.") + part, 4,
           4, qkvBias);
  linear(version5 ? "attention.o_proj" : "attention.output.dense", 4, 4, true);
  linear(version5 ? "mlp.fc1" : "intermediate.dense", 6, 4, true);
  linear(version5 ? "mlp.fc2" : "output.dense", 4, 6, true);
  for (const char *norm : {"layernorm_before", "layernorm_after"})
    for (const char *part : {".weight", ".bias"})
      tensors.push_back({layer + norm + part, {4}});
  return tensors;
}

Tensors operator+(Tensors tensors, const Tensors &more) {
  tensors.insert(tensors.end(), more.begin(), more.end());
  return tensors;
}

const char *const vitConfig = R"({"architectures":["ViTForImageClassification"],"model_type":"vit","hidden_size":4,
    "num_hidden_layers":1,"num_attention_heads":2,"intermediate_size":6,"image_size":[2,4],"patch_size":2,
    "id2label":{"1":"b","0":"a","2":"c"})";

const Tensors classifier = {{"classifier.weight", {3, 4}}, {"classifier.bias", {3}}};

/// A checkpoint directory; `more` are further members of config.json.
struct Checkpoint : public testing::Test {
  void config(const std::string &more = "", const std::string &base = vitConfig) {
    directory.write("config.json", base + more + "}");
  }
  void weights(const Tensors &tensors) { directory.write("model.safetensors", zeros(tensors)); }
  void vit() {
    config();
    weights(baseTensors("vit.", false, false) + classifier);
  }
  CheckedModel load() { return valueOf(readAndImport(directory.path(), {})); }
  /// The message without the directory.
  std::string error(const ReadOptions &options = {}) {
    std::string message = messageOf(readAndImport(directory.path(), options));
    llvm::StringRef rest = message;
    EXPECT_TRUE(rest.consume_front(directory.path() + "/")) << message;
    return rest.str();
  }
  TemporaryDirectory directory;
};

} // namespace

TEST(ReadModel, FindsOutWhatTheInputIs) {
  TemporaryDirectory directory;
  std::string path = directory.path();
  EXPECT_EQ(messageOf(readAndImport(path, {})), path + ": not a checkpoint directory: it has no config.json");
  EXPECT_EQ(messageOf(readAndImport(path + "/x.json", {})), path + "/x.json: No such file or directory");
  std::string other = directory.write("x.json", "{}");
  EXPECT_EQ(messageOf(readAndImport(other, {})), other + ": neither a description (no 'version' and 'nodes') nor a "
                                                         "checkpoint's config (no 'model_type' or 'architecture')");
  std::string timm = directory.write("config.json", R"({"architecture":"vit_tiny_patch16_22"})");
  EXPECT_EQ(messageOf(readAndImport(path, {})),
            timm + ": /architecture (line 1): unknown architecture 'vit_tiny_patch16_22'; did "
                   "you mean 'vit_tiny_patch16_224'?");
  std::string weights = directory.write("w.safetensors", tinyWeights());
  EXPECT_EQ(messageOf(readAndImport(weights, {})),
            weights + ": weights alone are no model: name its directory, or a description with --weights");
}

TEST(ReadModel, DescriptionWithWeightsBesideIt) {
  TemporaryDirectory directory;
  std::string file = directory.write("m.json", tinyDescription);
  EXPECT_EQ(messageOf(readAndImport(file, {})), file + ": /weights (line 1): cannot open '" +
                                                    directory.path("w.safetensors") + "': No such file or directory");
  ReadOptions json;
  json.needsWeights = false;
  EXPECT_FALSE(valueOf(readAndImport(file, json)).weights);
  directory.write("w.safetensors", tinyWeights());
  float value = 0;
  EXPECT_FALSE(bool(valueOf(readAndImport(file, {})).weights->read("w", 0, 1, &value)));
  EXPECT_NE(value, 0);
  ReadOptions random;
  random.randomSeed = 1;
  EXPECT_EQ(messageOf(readAndImport(file, random)),
            file + ": --random-weights: the model has weights ('w.safetensors')");
}

TEST(ReadModel, DescriptionWithoutWeights) {
  TemporaryDirectory directory;
  std::string text = tinyDescription;
  text.erase(text.find(R"("weights":"w.safetensors",)"), 26);
  std::string file = directory.write("m.json", text);
  EXPECT_EQ(messageOf(readAndImport(file, {})),
            file + ": the model comes without weights: give --weights or --random-weights");
  ReadOptions random;
  random.randomSeed = 1;
  EXPECT_EQ(valueOf(readAndImport(file, random)).weights->names(), std::vector<std::string>{"w"});
  ReadOptions elsewhere;
  elsewhere.weightsPath = directory.write("sub/model.safetensors", tinyWeights());
  EXPECT_TRUE(valueOf(readAndImport(file, elsewhere)).weights);
  elsewhere.weightsPath = directory.path("sub");
  EXPECT_TRUE(valueOf(readAndImport(file, elsewhere)).weights);
  elsewhere.randomSeed = 1;
  EXPECT_EQ(messageOf(readAndImport(file, elsewhere)),
            "command line: --random-weights: cannot be combined with --weights");
}

TEST(ReadModel, DirectoryOfWeights) {
  TemporaryDirectory directory;
  std::string text = tinyDescription;
  text.erase(text.find(R"("weights":"w.safetensors",)"), 26);
  std::string file = directory.write("m.json", text), sub = directory.path("sub");
  ReadOptions options;
  options.weightsPath = sub;
  directory.write("sub/README.md", "");
  EXPECT_EQ(messageOf(readAndImport(file, options)), sub + ": --weights: no *.safetensors in this directory");
  directory.write("sub/b.safetensors", tinyWeights());
  EXPECT_EQ(valueOf(readAndImport(file, options)).files, (std::vector<std::string>{file, sub + "/b.safetensors"}));
  directory.write("sub/a.safetensors", tinyWeights());
  EXPECT_EQ(messageOf(readAndImport(file, options)),
            sub + ": --weights: several weights files without an index, expected one of a.safetensors, b.safetensors");
  // An index says how its shards belong together; the usual name needs no guess.
  directory.write("sub/c.safetensors.index.json", R"({"weight_map":{"w":"a.safetensors"}})");
  EXPECT_EQ(valueOf(readAndImport(file, options)).files,
            (std::vector<std::string>{file, sub + "/c.safetensors.index.json", sub + "/a.safetensors"}));
  directory.write("sub/model.safetensors", tinyWeights());
  EXPECT_EQ(valueOf(readAndImport(file, options)).files, (std::vector<std::string>{file, sub + "/model.safetensors"}));
}

TEST(ReadModel, LinksMayNotLeaveTheDirectory) {
  TemporaryDirectory directory;
  directory.write("secret/w", tinyWeights());
  directory.write("secret/real.safetensors", tinyWeights());
  std::string file = directory.write("here/m.json", tinyDescription);
  ASSERT_EQ(::symlink("../secret/w", directory.path("here/w.safetensors").c_str()), 0);
  EXPECT_EQ(messageOf(readAndImport(file, {})),
            file + ": /weights (line 1): 'w.safetensors' is a link that leaves the directory");
  // A directory whose name merely begins like this one.
  directory.write("here2/w", tinyWeights());
  ASSERT_EQ(::unlink(directory.path("here/w.safetensors").c_str()), 0);
  ASSERT_EQ(::symlink("../here2/w", directory.path("here/w.safetensors").c_str()), 0);
  EXPECT_EQ(messageOf(readAndImport(file, {})),
            file + ": /weights (line 1): 'w.safetensors' is a link that leaves the directory");
  // Within the directory a link is fine.
  ASSERT_EQ(::unlink(directory.path("here/w.safetensors").c_str()), 0);
  directory.write("here/real", tinyWeights());
  ASSERT_EQ(::symlink("real", directory.path("here/w.safetensors").c_str()), 0);
  EXPECT_TRUE(valueOf(readAndImport(file, {})).weights);
}

TEST(ReadModel, LinksOfTheHubsCache) {
  TemporaryDirectory directory;
  std::string file = directory.write("models--a--b/snapshots/1/m.json", tinyDescription);
  directory.write("models--a--b/blobs/w", tinyWeights());
  std::string link = directory.path("models--a--b/snapshots/1/w.safetensors");
  ASSERT_EQ(::symlink("../../blobs/w", link.c_str()), 0);
  EXPECT_TRUE(valueOf(readAndImport(file, {})).weights);
  directory.write("models--a--c/w", tinyWeights());
  ASSERT_EQ(::unlink(link.c_str()), 0);
  ASSERT_EQ(::symlink("../../../models--a--c/w", link.c_str()), 0);
  EXPECT_EQ(messageOf(readAndImport(file, {})),
            file + ": /weights (line 1): 'w.safetensors' is a link that leaves the directory");
}

TEST_F(Checkpoint, BecomesADescriptionThatReadsBackEqual) {
  vit();
  directory.write("preprocessor_config.json",
                  R"({"image_processor_type":"ViTImageProcessor","size":{"height":2,"width":4}})");
  CheckedModel model = load();
  EXPECT_EQ(model.description.labels, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(model.description.scores, Scores::Softmax);
  EXPECT_EQ(model.description.weights, "model.safetensors");
  EXPECT_EQ(model.description.name, llvm::sys::path::filename(directory.path()));
  std::string file = directory.write("m.json", writeDescription(model.description));
  CheckedModel again = valueOf(readAndImport(file, {}));
  EXPECT_TRUE(again.description == model.description);
  EXPECT_EQ(descriptionHash(again.description), descriptionHash(model.description));
  EXPECT_TRUE(valueOf(readAndImport(directory.path("config.json"), {})).description == model.description);
}

TEST_F(Checkpoint, NamesOfTransformers5AndNoPrefix) {
  config();
  weights(baseTensors("", false, true) + classifier);
  EXPECT_EQ(load().forward().weights.size(), 6 + 16 + 2u);
}

TEST_F(Checkpoint, EveryKeyThatMattersIsRead) {
  config(
      R"(,"qkv_bias":false,"hidden_act":"quick_gelu","layer_norm_eps":0.25,"head_dim":2,"problem_type":"multi_label_classification")");
  weights(baseTensors("vit.", false, false, /*qkvBias=*/false) + classifier);
  ModelDescription description = load().description;
  const Node &block = description.nodes[3];
  EXPECT_EQ(block.attributes.at("activation"), AttributeValue(std::string("quick_gelu")));
  EXPECT_EQ(block.attributes.at("epsilon"), AttributeValue(0.25));
  EXPECT_EQ(block.attributes.at("head_dim"), AttributeValue(int64_t(2)));
  EXPECT_EQ(block.parameters.count("query.bias"), 0u);
  EXPECT_EQ(description.nodes[4].attributes.at("epsilon"), AttributeValue(0.25));
  EXPECT_EQ(description.scores, Scores::Sigmoid);
}

TEST_F(Checkpoint, BareModelWithPooler) {
  config(R"(,"pooler_act":"relu","pooler_output_size":5)",
         llvm::StringRef(vitConfig).split("],").second.str().insert(0, R"({"architectures":["ViTModel"],)"));
  weights(baseTensors("", false, false) + Tensors{{"pooler.dense.weight", {5, 4}}, {"pooler.dense.bias", {5}}});
  CheckedModel model = load();
  ASSERT_EQ(model.description.outputs.size(), 2u);
  EXPECT_EQ(model.description.outputs[0].name, "last_hidden_state");
  EXPECT_EQ(model.description.outputs[1].name, "pooler_output");
  EXPECT_EQ(model.outputShape(1), Shape{5});
  EXPECT_EQ(mlir::cast<vit::ActivationOp>(model.outputOp(1)).getKind(), vit::ActivationKind::Relu);
  EXPECT_TRUE(model.description.labels.empty());
  // Some checkpoints have no pooler, but a head that this class does not use.
  weights(baseTensors("vit.", false, false) + classifier);
  model = load();
  EXPECT_EQ(model.description.outputs.size(), 1u);
  EXPECT_EQ(model.description.ignoredTensors, (std::vector<std::string>{"classifier.bias", "classifier.weight"}));
}

TEST_F(Checkpoint, DistilledModelAveragesItsHeads) {
  std::string base = llvm::StringRef(vitConfig).split("],").second.str();
  base.replace(base.find("\"vit\""), 5, "\"deit\"");
  config("", R"({"architectures":["DeiTForImageClassificationWithTeacher"],)" + base);
  Tensors heads = {{"cls_classifier.weight", {3, 4}},
                   {"cls_classifier.bias", {3}},
                   {"distillation_classifier.weight", {3, 4}},
                   {"distillation_classifier.bias", {3}}};
  weights(baseTensors("deit.", true, false) + heads);
  CheckedModel model = load();
  ASSERT_EQ(model.description.outputs.size(), 3u);
  EXPECT_EQ(model.description.outputs[0].name, "logits");
  EXPECT_EQ(mlir::cast<vit::ScaleOp>(model.outputOp(0)).getFactor().convertToDouble(), 0.5);
  EXPECT_TRUE(llvm::any_of(model.forward().function.getOps<vit::SliceOp>(),
                           [](vit::SliceOp slice) { return slice.getOffset() == 1; }));
}

TEST_F(Checkpoint, UnusedTensorsAreErrorsUnlessKnown) {
  config();
  weights(baseTensors("vit.", false, false) + classifier +
          Tensors{{"vit.embeddings.mask_token", {1, 1, 4}}, {"vit.pooler.dense.weight", {4, 4}}});
  EXPECT_EQ(load().description.ignoredTensors,
            (std::vector<std::string>{"vit.embeddings.mask_token", "vit.pooler.dense.weight"}));
  weights(baseTensors("vit.", false, false) + classifier + Tensors{{"vit.encoder.layer.1.output.dense.bias", {4}}});
  EXPECT_EQ(error(), "model.safetensors: tensor vit.encoder.layer.1.output.dense.bias: is not used by the model; "
                     "--ignore-tensors=vit.encoder.layer.1.output.dense.bias leaves it out");
}

TEST_F(Checkpoint, ContradictionsAreErrors) {
  vit();
  config(R"(,"num_channels":1)");
  EXPECT_EQ(error(), "model.safetensors: tensor vit.embeddings.patch_embeddings.projection.weight: has shape [4, 3, 2, "
                     "2], expected [4, 1, 2, 2]");
  config(R"(,"num_labels":7)");
  EXPECT_EQ(error(), "config.json: /num_labels (line 3): is 7, id2label has 3 labels");
  weights(baseTensors("vit.", false, false));
  config();
  EXPECT_EQ(error(), "model.safetensors: tensor classifier.weight: is missing, node 'classifier' needs it with shape "
                     "[3, 4]; the nearest name in the file is 'vit.layernorm.weight'");
}

TEST_F(Checkpoint, UnknownKeysAreErrors) {
  vit();
  config(R"(,"rope_theta":100)");
  EXPECT_EQ(error().substr(0, 59), "config.json: /rope_theta (line 3): unknown key 'rope_theta'");
  config(R"(,"hidden_act":"mish")");
  EXPECT_EQ(error(), "config.json: /hidden_act (line 3): the activation 'mish' is not supported");
  config(R"(,"is_decoder":true)");
  EXPECT_EQ(error(), "config.json: /is_decoder (line 3): true is not supported");
  config(R"(,"pruned_heads":{"0":[1]})");
  EXPECT_EQ(error(), "config.json: /pruned_heads (line 3): pruned heads are not supported");
  config(R"(,"torch_dtype":"float32","initializer_range":0.02,"transformers_version":"4.30","is_decoder":false)");
  EXPECT_TRUE(load().weights);
}

TEST_F(Checkpoint, BadConfigs) {
  vit();
  auto changed = [&](llvm::StringRef from, llvm::StringRef to) {
    std::string text = vitConfig;
    text.replace(text.find(from), from.size(), to);
    config("", text);
    return error();
  };
  EXPECT_EQ(changed("\"num_attention_heads\":2", "\"num_attention_heads\":3"),
            "config.json: /num_attention_heads (line 2): 3 heads do not divide the hidden_size 4");
  EXPECT_EQ(changed("\"patch_size\":2", "\"patch_size\":3"),
            "config.json: /patch_size (line 2): patches of 3 are larger than the image_size 2");
  EXPECT_EQ(
      changed("\"model_type\":\"vit\"", "\"model_type\":\"glpn\""),
      "config.json: /model_type (line 1): 'glpn' is not supported, expected one of vit, deit, vit_msn, vit_mae, ijepa, "
      "dinov2, dinov2_with_registers, dinov3_vit, clip, clip_vision_model, siglip, siglip_vision_model, siglip2, "
      "siglip2_vision_model, beit, data2vec-vision, yolos, resnet, mobilenet_v2, convnext, convnextv2, mobilenet_v1, "
      "regnet, efficientnet, poolformer, pvt_v2, levit, mobilevit, mobilevitv2, swin, swinv2, segformer, upernet, "
      "depth_anything, dpt, detr, conditional_detr, sam, sam_vision_model, vitpose, vitpose_backbone, "
      "vitdet, vitmatte, hiera, bit");
  EXPECT_EQ(changed("ViTForImage", "ViTForSomething"),
            "config.json: /architectures (line 1): 'ViTForSomethingClassification' is "
            "not supported, expected ViTForImageClassification or ViTModel");
  EXPECT_EQ(changed("\"2\":\"c\"", "\"3\":\"c\""),
            "config.json: /id2label/3 (line 3): expected the numbers from 0 to 2 as keys");
  EXPECT_EQ(changed("\"hidden_size\":4", "\"hidden_size\":4.0"),
            "config.json: /hidden_size (line 1): is a number with a fraction or exponent, expected an integer");
}

// A message names a member only where there is one.
TEST_F(Checkpoint, ErrorsNameWhatIsWritten) {
  vit();
  config(R"(,"layer_norm_eps":-1e-12)");
  EXPECT_EQ(error(), "config.json: /layer_norm_eps (line 3): is -1e-12, expected at least 0");
  config(R"(,"layer_norm_eps":1e39)");
  EXPECT_EQ(error(), "config.json: /layer_norm_eps (line 3): is 1e+39, expected a number that is finite in 32 bits");
  config(R"(,"head_dim":2147483648)",
         std::string(vitConfig).replace(llvm::StringRef(vitConfig).find("_heads\":2"), 9, "_heads\":2147483648"));
  EXPECT_EQ(error(), "config.json: /head_dim (line 3): all heads together are too wide");
  const std::string base = R"({"model_type":"vit","hidden_size":4)";
  config("", base);
  EXPECT_EQ(error(), "config.json: 12 heads do not divide the hidden_size 4");
  config(R"(,"num_attention_heads":2,"image_size":15)", base);
  EXPECT_EQ(error(), "config.json: patches of 16 are larger than the image_size 15");
  config(R"(,"num_attention_heads":2,"num_channels":4097)", base);
  EXPECT_EQ(error(), "config.json: /num_channels (line 1): is 4097, expected an integer from 1 to 4096");
  config(R"(,"num_attention_heads":2,"image_size":1048576)", base);
  EXPECT_EQ(error(), "config.json: /image_size (line 1): images of shape [3, 1048576, 1048576] are too large");
  config(R"(,"num_attention_heads":2,"id2label":{})", base);
  EXPECT_EQ(error(), "config.json: /id2label (line 1): is empty, expected a label for each class");
  config(R"(,"num_attention_heads":2,"num_labels":2147483648)", base);
  EXPECT_EQ(error(), "config.json: /num_labels (line 1): is 2147483648, expected an integer from 1 to 1048576");
}

TEST_F(Checkpoint, FilesAndKeysAreListed) {
  vit();
  config(R"(,"torch_dtype":"float32")");
  const std::string size = R"({"size":{"height":2,"width":4},"do_convert_rgb":null})";
  directory.write("preprocessor_config.json", size);
  CheckedModel model = load();
  const std::string path = directory.path();
  EXPECT_EQ(model.files, (std::vector<std::string>{path + "/config.json", path + "/preprocessor_config.json",
                                                   path + "/model.safetensors"}));
  EXPECT_EQ(model.description.ignoredKeys,
            (std::vector<std::string>{path + "/config.json: /torch_dtype",
                                      path + "/preprocessor_config.json: /do_convert_rgb"}));
}

TEST_F(Checkpoint, PreprocessorConfigs) {
  vit();
  auto steps = [&](const std::string &text) {
    directory.write("preprocessor_config.json", text);
    std::string list;
    CheckedModel model = load();
    for (const PreprocessStep &step : model.description.inputs[0].preprocessing) {
      list += step.kind + (step.filter.empty() ? "" : " " + step.filter);
      for (double value : step.values)
        list += " " + writeJson(value, JsonLayout::Compact);
      list += "; ";
    }
    return list;
  };
  const std::string toReals = "rescale 0.00392156862745098; normalize 0.5 0.5 0.5 0.5 0.5 0.5; ";
  const std::string size = R"("size":{"height":2,"width":4})";
  EXPECT_EQ(steps("{" + size + "}"), "decode 3.0; resize bilinear 2.0 4.0; " + toReals);
  EXPECT_EQ(steps(R"({"feature_extractor_type":"DeiTFeatureExtractor","crop_size":{"height":2,"width":4}})"),
            "decode 3.0; resize bicubic 256.0 256.0; center_crop 2.0 4.0; " + toReals);
  EXPECT_EQ(
      steps(R"({"image_processor_type":"DeiTImageProcessorFast","do_center_crop":false,"resample":1,)" + size + "}"),
      "decode 3.0; resize torchvision_lanczos 2.0 4.0; normalize 127.5 127.5 127.5 127.5 127.5 127.5; ");
  EXPECT_EQ(
      steps(
          R"({"size":{"shortest_edge":9},"do_center_crop":true,"crop_size":{"height":2,"width":4},"do_rescale":false,)"
          R"("image_mean":1,"image_std":[2,3,4]})"),
      "decode 3.0; resize_shortest_edge bilinear 9.0; center_crop 2.0 4.0; normalize 1.0 1.0 1.0 2.0 3.0 4.0; ");
  EXPECT_EQ(steps(R"({"size":9,"default_to_square":false,"do_center_crop":true,"crop_size":{"height":2,"width":4},)"
                  R"("do_normalize":false,"rescale_factor":0.5})"),
            "decode 3.0; resize_shortest_edge bilinear 9.0; center_crop 2.0 4.0; rescale 0.5; ");
  EXPECT_EQ(steps(R"({"do_resize":false})"), "decode 3.0; " + toReals);
}

TEST_F(Checkpoint, WhoseArithmeticResizes) {
  vit();
  ReadOptions options;
  auto filterAndNote = [&](const std::string &keys) {
    directory.write("preprocessor_config.json", "{" + keys + R"("size":{"height":2,"width":4}})");
    CheckedModel model = valueOf(readAndImport(directory.path(), options));
    const std::vector<std::string> &notes = model.description.notes;
    llvm::StringRef note = notes.empty() ? llvm::StringRef() : llvm::StringRef(notes.front());
    note.consume_front(directory.path() + "/preprocessor_config.json: ");
    return model.description.inputs[0].preprocessing[1].filter + "; " + note.str();
  };
  const std::string pillow = "pictures are resized as Pillow does; as torchvision: --resize=torchvision";
  const std::string torchvision = "pictures are resized as torchvision does; as Pillow: --resize=pillow";
  EXPECT_EQ(filterAndNote(""), "bilinear; " + pillow);
  EXPECT_EQ(filterAndNote(R"("image_processor_type":"ViTImageProcessor",)"), "bilinear; " + pillow);
  EXPECT_EQ(filterAndNote(R"("image_processor_type":"ViTImageProcessorPil","use_fast":null,)"), "bilinear; " + pillow);
  EXPECT_EQ(filterAndNote(R"("image_processor_type":"ViTImageProcessorFast",)"),
            "torchvision_bilinear; /image_processor_type: " + torchvision);
  EXPECT_EQ(filterAndNote(R"("use_fast":true,"resample":3,)"), "torchvision_bicubic; /use_fast: " + torchvision);
  EXPECT_EQ(filterAndNote(R"("backend":"torchvision",)"), "torchvision_bilinear; /backend: " + torchvision);
  EXPECT_EQ(filterAndNote(R"("image_processor_type":"ViTImageProcessorFast","use_fast":false,)"),
            "bilinear; /use_fast: " + pillow);
  EXPECT_EQ(filterAndNote(R"("use_fast":true,"backend":"pil",)"), "bilinear; /backend: " + pillow);
  options.resize = ResizeLibrary::Pillow;
  EXPECT_EQ(filterAndNote(R"("use_fast":true,)"),
            "bilinear; command line: --resize: pictures are resized as Pillow does");
  options.resize = ResizeLibrary::Torchvision;
  EXPECT_EQ(filterAndNote(R"("backend":"pil",)"),
            "torchvision_bilinear; command line: --resize: pictures are resized as torchvision does");
}

TEST_F(Checkpoint, BadPreprocessorConfigs) {
  vit();
  auto of = [&](const std::string &text) {
    directory.write("preprocessor_config.json", text);
    std::string message = error();
    llvm::StringRef rest = message;
    EXPECT_TRUE(rest.consume_front("preprocessor_config.json: ")) << message;
    return rest.str();
  };
  EXPECT_EQ(of(R"({"size":224})"), "/size (line 1): pictures become 224x224, the model's images are 2x4: "
                                   "--image-size=224x224 makes a model for those");
  EXPECT_EQ(of(R"({"size":{"shortest_edge":2}})"),
            "/size (line 1): 'shortest_edge' without a crop leads to no definite size");
  EXPECT_EQ(of("{}"),
            "pictures become 224x224, the model's images are 2x4: --image-size=224x224 makes a model for those");
  EXPECT_EQ(of(R"({"size":{"shortest_edge":0}})"),
            "/size/shortest_edge (line 1): is 0, expected an integer from 1 to 1048576");
  const std::string size = R"({"size":{"height":2,"width":4},)";
  EXPECT_EQ(of(size + R"("image_std":[1,0,1]})"),
            "/image_std/1 (line 1): is 0.0, a standard deviation is greater than 0");
  EXPECT_EQ(of(size + R"("image_std":-1})"), "/image_std (line 1): is -1.0, a standard deviation is greater than 0");
  EXPECT_EQ(of(size + R"("image_mean":[1,2,1e300]})"),
            "/image_mean/2 (line 1): is 1e+300, expected a number that is finite in 32 bits");
  EXPECT_EQ(of(size + R"("rescale_factor":1e300})"),
            "/rescale_factor (line 1): is 1e+300, expected a number that is finite in 32 bits");
  EXPECT_EQ(of(R"({"size":{"height":2}})"), "/size (line 1): the key 'width' is missing");
  EXPECT_EQ(of(R"({"size":{"shortest_edge":2,"longest_edge":4}})"),
            "/size (line 1): 'shortest_edge' with other keys is not supported");
  EXPECT_EQ(of(R"({"resample":6})"), "/resample (line 1): is 6, expected an integer from 0 to 5");
  EXPECT_EQ(of(R"({"backend":"jax"})"), "/backend (line 1): 'jax' is not supported, expected torchvision or pil");
  EXPECT_EQ(of(R"({"resample":4,"use_fast":true})"), "/resample (line 1): is box, which torchvision does not do");
  EXPECT_EQ(of(R"({"rescale_factor":0,"use_fast":true})"),
            "/rescale_factor (line 1): is 0.0, by which torchvision's processor divides mean and deviation");
  EXPECT_EQ(of(R"({"rescale_factor":-1,"use_fast":true})"),
            "/rescale_factor (line 1): is -1.0, by which torchvision's processor divides mean and deviation");
  EXPECT_EQ(of(R"({"image_mean":[0.5]})"), "/image_mean (line 1): has 1 numbers, the model has 3 channels");
  EXPECT_EQ(of(R"({"do_pad":true})"), "/do_pad (line 1): is not supported");
  EXPECT_EQ(of(R"({"do_center_crop":true})"), "/do_center_crop (line 1): there is no 'crop_size'");
  EXPECT_EQ(
      of(R"({"image_processor_type":"GLPNImageProcessor"})"),
      "/image_processor_type (line 1): the processor 'GLPNImageProcessor' is not supported, expected that of ViT, "
      "DeiT, "
      "Beit, Bit, CLIP, Siglip, DINOv3ViT, Yolos, Detr, ConditionalDetr, ConvNext, MobileNetV1, MobileNetV2, "
      "EfficientNet, PoolFormer, Levit, "
      "Pvt, Sam, Segformer, DPT or MobileViT");
  EXPECT_EQ(of(R"({"image_processor_type":"ConvNextImageProcessor","crop_pct":0})"),
            "/crop_pct (line 1): is 0.0, expected a number from 0.01 to 1");
  EXPECT_EQ(of(R"({"image_processor_type":"ConvNextImageProcessor","size":{"height":2,"width":4}})"),
            "/size (line 1): expected 'shortest_edge'");
  EXPECT_EQ(of(R"({"image_processor_type":"PoolFormerImageProcessor","crop_pct":null})"),
            "/crop_pct (line 1): is null, expected a value unless 'do_resize' is false");
  EXPECT_EQ(of(R"({"size":2,"crop_pct":0.5})").substr(0, 34), "/crop_pct (line 1): unknown key 'c");
  EXPECT_EQ(of(R"({"do_flip_channel_order":true})").substr(0, 45), "/do_flip_channel_order (line 1): unknown key ");
}

TEST_F(Checkpoint, ShardsMayNotLeaveTheDirectory) {
  config();
  directory.write("model.safetensors.index.json", R"({"weight_map":{"a":"../x.safetensors"}})");
  EXPECT_EQ(error(),
            "model.safetensors.index.json: /weight_map: '../x.safetensors' is not a plain file name in the same "
            "directory");
  directory.write("1.safetensors", zeros(baseTensors("vit.", false, false)));
  directory.write("2.safetensors", zeros(classifier));
  std::string map;
  for (const auto &[name, shape] : baseTensors("vit.", false, false))
    map += "\"" + name + "\":\"1.safetensors\",";
  directory.write("model.safetensors.index.json",
                  R"({"weight_map":{)" + map +
                      R"("classifier.weight":"2.safetensors","classifier.bias":"2.safetensors"}})");
  EXPECT_EQ(load().description.weights, "model.safetensors.index.json");
}

TEST_F(Checkpoint, OtherFilesThanExpected) {
  config();
  directory.write("pytorch_model.bin", "PK");
  EXPECT_EQ(error(), "pytorch_model.bin: pickled weights are not read, they may run code; this converts them: "
                     "tools/convert/pickle-to-safetensors " +
                         directory.path("pytorch_model.bin") + " -o " + directory.path("model.safetensors"));
  ASSERT_EQ(::symlink("nowhere", directory.path("model.safetensors").c_str()), 0);
  EXPECT_EQ(error(),
            "model.safetensors: cannot open '" + directory.path("model.safetensors") + "': No such file or directory");
  ASSERT_EQ(::unlink(directory.path("model.safetensors").c_str()), 0);
  vit();
  ASSERT_EQ(::symlink("/etc/hostname", directory.path("preprocessor_config.json").c_str()), 0);
  EXPECT_EQ(error(), "preprocessor_config.json: 'preprocessor_config.json' is a link that leaves the directory");
}

TEST_F(Checkpoint, RandomWeightsForAConfigAlone) {
  config();
  ReadOptions random;
  random.randomSeed = 1;
  CheckedModel model = valueOf(readAndImport(directory.path(), random));
  EXPECT_TRUE(model.weights->find("vit.encoder.layer.0.attention.attention.query.weight"));
  EXPECT_EQ(error(), "config.json: the model comes without weights: give --weights or --random-weights");
}

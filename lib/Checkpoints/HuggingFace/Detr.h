//===- Detr.h - what DETR and its relatives share ---------------*- C++ -*-===//
//
// The pixels of a backbone's map are the tokens of an encoder; a decoder's object queries attend to each other and to
// those tokens. Positions have a part in queries and keys, not in values.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_DETR_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_DETR_H

#include "Backbone.h"

#include <array>

namespace vitc::huggingface {

/// The keys of their configurations, with this number of queries unless it is given.
constexpr std::array<ConfigKey, 20> detrKeys(const char *queries) {
  return {{{"backbone_config", "null"},
           {"use_timm_backbone", "true"},
           {"backbone", "null"},
           {"backbone_kwargs", "null"},
           {"dilation", "false"},
           {"num_channels", "3"},
           {"d_model", "256"},
           {"hidden_size", "null"},
           {"encoder_layers", "6"},
           {"num_hidden_layers", "null"},
           {"encoder_attention_heads", "8"},
           {"num_attention_heads", "null"},
           {"encoder_ffn_dim", "2048"},
           {"decoder_layers", "6"},
           {"decoder_attention_heads", "8"},
           {"decoder_ffn_dim", "2048"},
           {"activation_function", "\"relu\""},
           {"position_embedding_type", "\"sine\""},
           {"auxiliary_loss", "false"},
           {"num_queries", queries}}};
}

/// Losses, what only matters in training, what files of transformers 4 have and no version reads, and a default that
/// says nothing.
inline constexpr const char *detrInertKeys[] = {"activation_dropout",
                                                "bbox_cost",
                                                "bbox_loss_coefficient",
                                                "class_cost",
                                                "cls_loss_coefficient",
                                                "decoder_layerdrop",
                                                "dice_loss_coefficient",
                                                "encoder_layerdrop",
                                                "eos_coefficient",
                                                "focal_alpha",
                                                "giou_cost",
                                                "giou_loss_coefficient",
                                                "init_std",
                                                "init_xavier_std",
                                                "is_encoder_decoder",
                                                "mask_loss_coefficient",
                                                "max_position_embeddings",
                                                "scale_embedding",
                                                "use_pretrained_backbone"};

/// A model of the family under construction; the kinds differ in the attention of their decoders.
class Detr {
public:
  Detr(Model &model, ConfigReader &config);
  virtual ~Detr() = default;
  void build();

protected:
  struct Stack {
    int64_t layers, heads, hidden;
  };

  /// What the decoder's layers have in common, behind the encoder.
  virtual void beginDecoder() {}
  /// Attention of the object queries `states` to each other, and to `memory`, the encoder's tokens: nodes and, behind
  /// `tensors`, tensors of layer `index`. The last node is the result.
  virtual void addSelfAttention(const std::string &name, const std::string &tensors, const std::string &states,
                                int64_t index);
  virtual void addCrossAttention(const std::string &name, const std::string &tensors, const std::string &states,
                                 int64_t index);
  /// Classes of a candidate that have no label.
  virtual int64_t otherClasses() const { return 1; }
  /// Behind the layers that predict boxes: the boxes, as parts of the picture.
  virtual void addBoxes(const std::string &name) { model.addActivation(name, "sigmoid"); }
  /// How logits become answers.
  virtual void describeAnswers() {}
  /// What the library returns beside the rest.
  virtual void returnMore() {}
  /// The probabilities of an attention of the decoder.
  virtual std::string decoderProbabilitiesOf(const std::string &name) const { return probabilitiesOf(name); }

  static std::string probabilitiesOf(const std::string &name) { return name + "/probabilities"; }
  /// Attention with separate projections q_proj, k_proj, v_proj and one of the result.
  void addAttention(const std::string &name, const std::string &tensors, const std::vector<std::string> &inputs,
                    int64_t heads);

  Model &model;
  int64_t width, queries;
  Stack encoder, decoder;
  /// Of the file's tensors: "model.", or nothing.
  std::string prefix;
  /// The module of an attention's last projection: transformers 4 and 5 have names of their own.
  std::string outputModule;
  /// Values: positions of the encoder's tokens and of the queries, and the encoder's result.
  const std::string positions = "positions", queryPositions = "query_position_embeddings";
  std::string memory, keyBias;

private:
  void readConfig(ConfigReader &config);
  /// The image and its mask, the backbone, tokens and positions.
  void addTokens();
  void addMask();
  /// Sum with what goes into a sublayer, and norm.
  void addResidual(const std::string &name, const std::string &tensors, const std::string &input);
  void addMlp(const std::string &name, const std::string &tensors, int64_t hidden);
  std::vector<std::string> addEncoder();
  std::vector<std::string> addDecoder();
  void addIntermediateStates(const std::vector<std::string> &states);
  void addHeads();
  void ignoreOthers();

  ConfigReader &config;
  std::string activation, positionType;
  bool hasNormAfterLayers;
  std::string mlpModule;
};

} // namespace vitc::huggingface

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_DETR_H

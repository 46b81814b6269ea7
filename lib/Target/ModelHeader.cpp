//===- ModelHeader.cpp - a C header for one model -----------------------===//

#include "vitc/Target/ModelHeader.h"

#include "vitc/Description/DescriptionWriter.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

using namespace vitc;

namespace {

/// Gives names of the description, in which '.' and '-' may stand, as identifiers of C, each only once.
class Identifiers {
public:
  explicit Identifiers(std::initializer_list<llvm::StringRef> taken) {
    for (llvm::StringRef name : taken)
      used.insert(name);
  }

  std::string make(llvm::StringRef name) {
    std::string text = llvm::isDigit(name[0]) ? "n" : "";
    for (char c : name)
      text += llvm::isAlnum(c) ? c : '_';
    std::string result = text;
    for (unsigned number = 2; !used.insert(result).second; ++number)
      result = text + "_" + std::to_string(number);
    return result;
  }

private:
  llvm::StringSet<> used;
};

/// An input or output.
struct Tensor {
  std::string name;
  Shape shape;
  DType dtype;
  /// The function's parameter, and the middle of macros.
  std::string argument, macro;
};

class HeaderWriter {
public:
  HeaderWriter(const ModelDescription &description, llvm::ArrayRef<Shape> outputShapes,
               llvm::ArrayRef<DType> outputDTypes)
      : description(description) {
    prefix = Identifiers({}).make(description.name);
    upper = llvm::StringRef(prefix).upper();
    hash = descriptionHash(description);
    guard = "VITC_MODEL_$P_" + hash.substr(0, 16);
    // What an argument may not be called: words of C and C++, and other names in the function.
    Identifiers arguments(
        {"alignas",  "alignof",  "and",     "asm",       "auto",     "bool",     "break",     "case",      "catch",
         "char",     "class",    "const",   "constexpr", "continue", "decltype", "default",   "delete",    "do",
         "double",   "else",     "enum",    "explicit",  "export",   "extern",   "false",     "float",     "for",
         "friend",   "goto",     "if",      "inline",    "int",      "long",     "mutable",   "namespace", "new",
         "noexcept", "not",      "nullptr", "operator",  "or",       "private",  "protected", "public",    "register",
         "requires", "restrict", "return",  "short",     "signed",   "sizeof",   "static",    "struct",    "switch",
         "template", "this",     "throw",   "true",      "try",      "typedef",  "typeid",    "typename",  "union",
         "unsigned", "using",    "virtual", "void",      "volatile", "while",    "xor",       "model",     "batch",
         "status",   "in",       "out"});
    Identifiers inputMacros({}), outputMacros({});
    auto tensor = [&](const std::string &name, const Shape &shape, DType dtype, Identifiers &macros) {
      return Tensor{name, shape, dtype, arguments.make(name), macros.make(llvm::StringRef(name).upper())};
    };
    for (const ModelInput &input : description.inputs)
      inputs.push_back(tensor(input.name, input.shape, input.dtype, inputMacros));
    for (const auto &[output, shape, dtype] : llvm::zip_equal(description.outputs, outputShapes, outputDTypes))
      outputs.push_back(tensor(output.name, shape, dtype, outputMacros));
  }

  std::string write() {
    writeIntroduction();
    writeConstants();
    writeCheck();
    writeFunctions();
    line("#ifdef __cplusplus\n}\n#endif\n");
    line("#elif !defined(" + guard + ")");
    line("#error \"two models have the prefix $p: give one of them another name with vitc --name\"");
    line("#endif");
    return std::move(text);
  }

private:
  /// Appends a line; $p and $P stand for the model's prefix in small and capital letters.
  void line(llvm::StringRef pattern) {
    for (size_t at = 0; at < pattern.size(); ++at) {
      bool isPlaceholder = pattern[at] == '$' && at + 1 < pattern.size();
      if (isPlaceholder)
        text += pattern[++at] == 'P' ? upper : prefix;
      else
        text += pattern[at];
    }
    text += '\n';
  }

  /// An element in C; a boolean is a byte of 0 or 1.
  static std::string typeOf(const Tensor &tensor) {
    switch (tensor.dtype) {
    case DType::I32:
      return "int32_t";
    case DType::I64:
      return "int64_t";
    case DType::U8:
    case DType::Bool:
      return "uint8_t";
    default:
      return "float";
    }
  }

  /// "x, y", the arguments alone.
  static std::string list(const std::vector<Tensor> &tensors) {
    return llvm::join(llvm::map_range(tensors, [](const Tensor &t) { return t.argument; }), ", ");
  }

  /// "const float *x, const int64_t *y".
  static std::string parameters(const std::vector<Tensor> &tensors, llvm::StringRef qualifier) {
    return llvm::join(
        llvm::map_range(tensors, [&](const Tensor &t) { return qualifier.str() + typeOf(t) + " *" + t.argument; }),
        ", ");
  }

  void writeIntroduction() {
    line("/* " + description.name + " for programs in C and C++, written by vitc --emit=header.");
    line(R"( *
 *   void *library = dlopen("./model.so", RTLD_NOW | RTLD_LOCAL);
 *   $p_model model;
 *   vitc_status status;
 *   if ($p_open(&model, (vitc_model_api_fn)dlsym(library, VITC_MODEL_API_SYMBOL), NULL, &status) != VITC_OK ||)");
    line(" *       $p_run(&model, 1, " + list(inputs) + ", " + list(outputs) + ", &status) != VITC_OK)");
    line(R"( *     puts(status.message);
 *   $p_close(&model);
 *
 * Tensors are dense and row-major; the batch is their first dimension, which SHAPE and ELEMENTS leave out. */
#ifndef VITC_MODEL_$P_H
#define VITC_MODEL_$P_H)");
    // Otherwise the header of a second model of that name would vanish without a word.
    line("#define " + guard + "\n");
    line(R"(#include "vitc/runtime/model_abi.h"

#include <stddef.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif
)");
  }

  void writeConstants() {
    line("#define $P_NAME \"" + description.name + "\"");
    line("#define $P_DESCRIPTION_HASH \"" + hash + "\"");
    line("#define $P_INPUTS " + std::to_string(inputs.size()));
    line("#define $P_OUTPUTS " + std::to_string(outputs.size()));
    line("#define $P_LABELS " + std::to_string(description.labels.size()));
    for (bool isInput : {true, false}) {
      for (const auto &[index, tensor] : llvm::enumerate(isInput ? inputs : outputs)) {
        std::string start = std::string("#define $P_") + (isInput ? "INPUT_" : "OUTPUT_") + tensor.macro;
        int64_t elements = 1;
        for (int64_t size : tensor.shape)
          elements *= size;
        std::string sizes = shapeText(tensor.shape);
        line("");
        line("/* " + std::string(isInput ? "Input" : "Output") + " \"" + tensor.name + "\": " + sizes + " " +
             std::string(nameOf(tensor.dtype)) + ". */");
        line(start + "_INDEX " + std::to_string(index));
        line(start + "_RANK " + std::to_string(tensor.shape.size()));
        line(start + "_SHAPE {" + sizes.substr(1, sizes.size() - 2) + "}");
        line(start + "_ELEMENTS " + std::to_string(elements));
        line(start + "_DTYPE VITC_DTYPE_" + llvm::StringRef(nameOf(tensor.dtype)).upper());
      }
    }
    line("");
  }

  void writeCheck() {
    line(R"(/* The model, ready to run: one instance, for one thread at a time. */
typedef struct $p_model {
  const vitc_model_functions *api;
  vitc_instance *instance;
} $p_model;

static inline int32_t $p_fail(vitc_status *status, int32_t code, const char *message) {
  if (status) {
    status->code = code;
    strcpy(status->message, message);
  }
  return code;
}

/* Whether a tensor of the model is the one that this header describes. */
static inline int $p_is(const vitc_tensor_info *info, const char *name, uint32_t dtype, uint32_t rank,
                       const int64_t *shape) {
  return strcmp(info->name, name) == 0 && info->dtype == dtype && info->rank == rank &&
         memcmp(info->shape, shape, rank * sizeof *shape) == 0;
}

/* Whether this is the model that this header describes: its first entry point has the same inputs, outputs and number
 * of labels. */
static inline int $p_fits(const vitc_model_functions *api) {)");
    for (bool isInput : {true, false})
      for (const Tensor &tensor : isInput ? inputs : outputs) {
        std::string macro = std::string("$P_") + (isInput ? "INPUT_" : "OUTPUT_") + tensor.macro;
        line("  static const int64_t " + std::string(isInput ? "in_" : "out_") + tensor.argument + "[] = " + macro +
             "_SHAPE;");
      }
    line(R"(  vitc_entry_point_info entry;
  vitc_tensor_info info;
  if (api->entry_point(0, &entry) != VITC_OK || entry.input_count != $P_INPUTS ||
      entry.output_count != $P_OUTPUTS || api->label_count(0, 0) != $P_LABELS)
    return 0;)");
    for (bool isInput : {true, false})
      for (const Tensor &tensor : isInput ? inputs : outputs) {
        std::string macro = std::string("$P_") + (isInput ? "INPUT_" : "OUTPUT_") + tensor.macro;
        line("  if (api->" + std::string(isInput ? "input" : "output") + "(0, " + macro +
             "_INDEX, &info) != VITC_OK ||");
        line("      !$p_is(&info, \"" + tensor.name + "\", " + macro + "_DTYPE, " + macro + "_RANK, " +
             (isInput ? "in_" : "out_") + tensor.argument + "))");
        line("    return 0;");
      }
    line("  return 1;\n}\n");
  }

  void writeFunctions() {
    line(
        R"(/* Makes an instance of the model that `query` belongs to: what dlsym gives for VITC_MODEL_API_SYMBOL. `options` and
 * `status` may be NULL. Returns a vitc_status_code; unless it is VITC_OK, there is nothing to close. */
static inline int32_t $p_open($p_model *model, vitc_model_api_fn query, const vitc_instance_options *options,
                              vitc_status *status) {
  vitc_status local;
  model->instance = NULL;
  model->api = query ? (const vitc_model_functions *)query(VITC_MODEL_ABI_VERSION) : NULL;
  if (!query)
    return $p_fail(status, VITC_INVALID_ARGUMENT, "not a model: it has no symbol " VITC_MODEL_API_SYMBOL);
  if (!model->api)
    return $p_fail(status, VITC_INVALID_MODEL, "the model is of another version of vitc, compile it anew");
  if (!$p_fits(model->api))
    return $p_fail(status, VITC_INVALID_MODEL, "another model than the one that this program was compiled for");
  if (!status)
    status = &local;
  model->instance = model->api->create(options, status);
  return model->instance ? VITC_OK : status->code;
}
)");
    line("/* Computes `batch` images at once: every pointer is to `batch` times as many elements as its ELEMENTS; "
         "outputs "
         "overlap\n"
         " * nothing. Returns a vitc_status_code. */");
    line("static inline int32_t $p_run(const $p_model *model, int64_t batch, " + parameters(inputs, "const ") + ",");
    line("                           " + parameters(outputs, "") + ", vitc_status *status) {");
    for (bool isInput : {true, false}) {
      line(isInput ? "  const vitc_input_buffer in[] = {" : "  const vitc_output_buffer out[] = {");
      for (const Tensor &tensor : isInput ? inputs : outputs)
        line("      {" + tensor.argument + ", (uint64_t)batch * $P_" + (isInput ? "INPUT_" : "OUTPUT_") + tensor.macro +
             "_ELEMENTS * sizeof *" + tensor.argument + "},");
      line("  };");
    }
    line(R"(  return model->api->run(model->instance, 0, batch, in, $P_INPUTS, out, $P_OUTPUTS, status);
}

/* The name of a class, or NULL if there is none of that index. */
static inline const char *$p_label(const $p_model *model, uint64_t index) { return model->api->label(0, 0, index); }

/* Ends the instance. VITC_BUSY: a run of it has not ended, and it is as it was. */
static inline int32_t $p_close($p_model *model) {
  int32_t code = model->api ? model->api->destroy(model->instance) : VITC_OK;
  if (code == VITC_OK)
    model->instance = NULL;
  return code;
}
)");
  }

  const ModelDescription &description;
  std::string prefix, upper, hash, guard, text;
  std::vector<Tensor> inputs, outputs;
};

} // namespace

std::string vitc::writeModelHeader(const ModelDescription &description, llvm::ArrayRef<Shape> outputShapes,
                                   llvm::ArrayRef<DType> outputDTypes) {
  return HeaderWriter(description, outputShapes, outputDTypes).write();
}

//===- Preprocessor.cpp - preprocessor_config.json --------------*- C++ -*-===//

#include "Preprocessor.h"

#include "Processors.h"
#include "vitc/Support/JsonReader.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace vitc;

namespace {

/// The longest edge of YOLOS and DETR, unless given.
constexpr double defaultLongestEdge = 1333;

/// Filters by Pillow's numbers.
constexpr const char *filters[] = {"nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"};

class PreprocessorReader {
public:
  PreprocessorReader(InputErrors &errors, const CheckpointFile &file, std::vector<int64_t> &imageShape,
                     bool takesAnySize)
      : errors(errors), reader(errors, file.json, file.pointer), channels(imageShape[0]), height(imageShape[1]),
        width(imageShape[2]), takesAnySize(takesAnySize), wanted(file.resize) {}

  /// What the user may want to know of the library, if the file left a choice.
  const std::string &libraryNote() const { return note; }

  std::vector<PreprocessStep> read(llvm::StringRef modelType) {
    const Processor *processor = findProcessor(modelType);
    if (!processor)
      return {};
    findLibrary(*processor);
    for (const char *key : inertProcessorKeys())
      reader.find(key);
    const bool isBounded = processor->edges == Edges::Bounded, isLongest = processor->edges == Edges::Longest;
    // An older name; without effect in other processors.
    const bool padsByOldName = boolean("pad_and_return_pixel_mask", true);
    const bool pads = boolean("do_pad", isLongest || (isBounded && (padsByOldName || !processor->padsEnds())));
    const JsonValue *padSize = pads && !isLongest ? find("pad_size") : nullptr;
    // YOLOS pads pictures of a batch to the largest: one alone stays as it is.
    for (const auto &[key, isSet] :
         {std::pair("do_pad", pads && !isBounded && !isLongest), {"pad_size", padSize && !processor->padsEnds()}})
      if (isSet)
        errors.report(reader.pointerTo(key), "is not supported");
    oneNumber = processor->oneNumber;
    if (oneNumber != Edges::Bounded && oneNumber != Edges::Longest)
      oneNumber = boolean("default_to_square", oneNumber == Edges::Both) ? Edges::Both : Edges::Shortest;

    steps.push_back({"decode", "", {double(channels)}});
    if (processor->rescalesFirst)
      readRescale();
    bool resizes = isOn("do_resize", true, {"size", "resample"});
    if (processor->hasMultiple)
      isOn("do_resize", true, {"ensure_multiple_of"});
    readResize(*processor, resizes);
    bool crops = isOn("do_center_crop", processor->crops, {"crop_size"});
    readCrop(*processor, crops);
    if (!processor->rescalesFirst)
      readRescale();
    const bool hasTop = processor->hasTop && boolean("include_top", true);
    if (processor->hasTop && boolean("rescale_offset", false))
      subtractOne();
    bool flips = processor->flipsChannels && boolean("do_flip_channel_order", true);
    bool normalizes = isOn("do_normalize", true, {"image_mean", "image_std"}) && !processor->flipsChannels;
    std::vector<double> mean = perChannel("image_mean", processor->statistics.mean);
    std::vector<double> deviation = perChannel("image_std", processor->statistics.deviation);
    std::vector<double> second(size_t(channels), 0.0);
    second.insert(second.end(), deviation.begin(), deviation.end());
    if (normalizes || hasTop)
      checkDeviations(deviation);
    if (normalizes) {
      mean.insert(mean.end(), deviation.begin(), deviation.end());
      if (isTorchvision && steps.back().kind == "rescale")
        fuseRescale(mean);
      steps.push_back({"normalize", "", std::move(mean)});
    } else if (isTorchvision && steps.back().kind == "rescale") {
      // It multiplies in float.
      steps.back().values[0] = double(float(steps.back().values[0]));
    }
    if (flips)
      steps.push_back({"flip_channels", "", {}});
    // For models with a classifier, divides by the deviation once more.
    if (hasTop)
      steps.push_back({"normalize", "", std::move(second)});
    if (pads && processor->padsEnds())
      padEnds(padSize);
    if (isLongest)
      readPadding(pads, resizes);
    reader.finish();
    // Without both, pictures must have the model's size already.
    if (isLongest && pads)
      checkSize("pad_size");
    else if (resizes || crops)
      checkSize(crops ? "crop_size" : "size");
    // Pictures have colours or none; other channels come as arrays.
    if (channels != 1 && channels != 3)
      return {};
    return steps;
  }

private:
  /// The member, if it is there and not null.
  const JsonValue *find(llvm::StringRef key) {
    const JsonValue *value = reader.find(key);
    return value && !value->isNull() ? value : nullptr;
  }

  /// null is false, as it is in Python.
  bool boolean(llvm::StringRef key, bool fallback) {
    const JsonValue *value = reader.find(key);
    return value && value->isNull() ? false : value ? reader.boolean(key).value_or(fallback) : fallback;
  }

  /// Whether a step is taken; what it needs must not be null then.
  bool isOn(llvm::StringRef key, bool fallback, std::initializer_list<const char *> needs) {
    bool on = boolean(key, fallback);
    for (const char *needed : needs)
      if (const JsonValue *value = reader.find(needed); on && value && value->isNull())
        errors.report(reader.pointerTo(needed), "is null, expected a value unless '" + key + "' is false");
    return on;
  }

  /// Finds out whose arithmetic the file means.
  void findLibrary(const Processor &processor) {
    // It has one processor, which resizes real numbers: only torchvision does.
    const bool isReal = processor.rescalesFirst;
    if (llvm::StringRef(type).ends_with("Fast"))
      setLibrary(true, typeKey);
    if (find("use_fast"))
      setLibrary(reader.boolean("use_fast").value_or(false), "use_fast");
    if (find("backend")) {
      std::string name = reader.string("backend").value_or("");
      if (name != "torchvision" && name != "pil")
        errors.report(reader.pointerTo("backend"), "'" + name + "' is not supported, expected torchvision or pil");
      setLibrary(name == "torchvision", "backend");
    }
    if (wanted)
      isTorchvision = *wanted == ResizeLibrary::Torchvision;
    if (isReal)
      isTorchvision = false;
    else if (!wanted)
      note = (reason.empty() ? "" : reader.pointerTo(reason) + ": ") +
             (isTorchvision ? "pictures are resized as torchvision does; as Pillow: --resize=pillow"
                            : "pictures are resized as Pillow does; as torchvision: --resize=torchvision");
  }

  void setLibrary(bool torchvision, llvm::StringRef key) {
    isTorchvision = torchvision;
    reason = key.str();
  }

  /// Behind a step that rescales, if there is one.
  void subtractOne() {
    if (steps.back().kind != "rescale")
      return;
    if (isTorchvision)
      steps.back().values[0] = double(float(steps.back().values[0]));
    steps.push_back({"normalize", "", std::vector<double>(2 * size_t(channels), 1.0)});
  }

  /// torchvision's processors subtract and divide in one go, with mean and deviation in the levels of pixels, in float.
  void fuseRescale(std::vector<double> &statistics) {
    const double factor = steps.back().values[0];
    bool isFinite = factor > 0;
    for (double &value : statistics) {
      value = double(float(value) * float(1 / factor));
      isFinite = isFinite && std::isfinite(value);
    }
    if (!isFinite)
      errors.report(reader.pointerTo("rescale_factor"),
                    "is " + numberText(factor) + ", by which torchvision's processor divides mean and deviation");
    steps.pop_back();
  }

  const Processor *findProcessor(llvm::StringRef modelType) {
    for (const char *key : {"image_processor_type", "feature_extractor_type"}) {
      if (!find(key) || !type.empty())
        continue;
      type = reader.string(key).value_or("");
      typeKey = key;
      llvm::StringRef name = type;
      for (const char *backend : {"Fast", "Pil"})
        name.consume_back(backend);
      if (!name.consume_back("ImageProcessor"))
        name.consume_back("FeatureExtractor");
      return named(name, reader.pointerTo(key));
    }
    return named(processorOf(modelType), reader.where());
  }

  /// The processor, or nullptr; unless it is one of the other ones, it is reported at `where` as unknown.
  const Processor *named(llvm::StringRef name, const std::string &where) {
    std::vector<std::string> known;
    for (const Processor &processor : processors()) {
      if (name == processor.name)
        return &processor;
      known.push_back(processor.name);
    }
    if (!llvm::is_contained(otherProcessors(), name))
      errors.report(where, "the processor '" + type + "' is not supported, expected that of " +
                               llvm::join(llvm::ArrayRef(known).drop_back(), ", ") + " or " + known.back());
    return nullptr;
  }

  /// {"height": H, "width": W} or an integer that stands for both.
  std::optional<std::vector<double>> squareOrSize(llvm::StringRef key, const JsonValue &value) {
    std::string where = reader.pointerTo(key);
    constexpr int64_t maximum = 1 << 20;
    if (value.asInteger()) {
      auto edge = readInteger(errors, where, value, 1, maximum);
      return edge ? std::optional(std::vector<double>(2, double(*edge))) : std::nullopt;
    }
    ObjectReader size(errors, value, where);
    for (const char *member : {"height", "width"})
      size.require(member);
    auto height = size.integer("height", 1, maximum), width = size.integer("width", 1, maximum);
    size.finish();
    return height && width ? std::optional(std::vector<double>{double(*height), double(*width)}) : std::nullopt;
  }

  void readRescale() {
    bool rescales = isOn("do_rescale", true, {"rescale_factor"});
    double factor = find("rescale_factor") ? reader.real("rescale_factor").value_or(1) : 1.0 / 255.0;
    if (rescales)
      steps.push_back({"rescale", "", {factor}});
  }

  /// DETR's processors pad the pictures of a batch to the largest, or to a size; here, to what the model takes: the
  /// size of pictures that lie on their longer side, unless they all get one.
  void padEnds(const JsonValue *given) {
    std::vector<double> size = {double(height), double(width)};
    if (given) {
      size = squareOrSize("pad_size", *given).value_or(size);
    } else if (takesAnySize) {
      for (const PreprocessStep &step : steps)
        if (step.kind == "resize_bounded_edges" || step.kind == "resize")
          size = {step.values[0], step.values[1]};
    }
    if (steps.size() < 2 || (steps.back().kind != "normalize" && steps.back().kind != "rescale"))
      return errors.report(reader.placeOf("do_pad"), "is not supported without 'do_rescale' and 'do_normalize'");
    steps.push_back({"pad_end", "", std::move(size)});
  }

  static PreprocessStep resizeStep(Edges edges, double size, double longest, double multiple = 16) {
    if (edges == Edges::Both)
      return {"resize", "", {size, size}};
    if (edges == Edges::Shortest)
      return {"resize_shortest_edge", "", {size}};
    if (edges == Edges::Longest)
      return {"resize_longest_edge", "", {size}};
    return {"resize_bounded_edges", "", {size, longest, multiple}};
  }

  /// An edge's length at `pointer`.
  double edge(const JsonValue &value, const std::string &pointer) {
    return double(readInteger(errors, pointer, value, 1, 1 << 20).value_or(1));
  }

  /// What "size" says, as the processor's class understands it.
  PreprocessStep readSize(const Processor &processor, const JsonValue &value, double longest) {
    std::string where = reader.pointerTo("size");
    if (value.asInteger() && oneNumber != Edges::Both)
      return resizeStep(oneNumber, edge(value, where), longest, processor.multiple);
    const JsonValue *shortest = value.find("shortest_edge"), *bound = value.find("longest_edge");
    if (processor.edges == Edges::Longest) {
      if (!bound || value.asObject()->size() != 1)
        errors.report(where, "expected 'longest_edge' alone");
      return resizeStep(Edges::Longest, bound ? edge(*bound, jsonPointer(where, "longest_edge")) : 1, 0);
    }
    if (!shortest) {
      auto size = squareOrSize("size", value);
      return {"resize", "", size.value_or(std::vector<double>{1, 1})};
    }
    bool isBounded = processor.edges == Edges::Bounded;
    if (value.asObject()->size() != (isBounded ? 2 : 1) || (isBounded && !bound))
      errors.report(where, isBounded ? "expected 'shortest_edge' and 'longest_edge'"
                                     : "'shortest_edge' with other keys is not supported");
    if (bound)
      longest = edge(*bound, jsonPointer(where, "longest_edge"));
    return resizeStep(isBounded ? Edges::Bounded : Edges::Shortest,
                      edge(*shortest, jsonPointer(where, "shortest_edge")), longest, processor.multiple);
  }

  void readResize(const Processor &processor, bool resizes) {
    double longest = defaultLongestEdge;
    const JsonValue *bound = processor.edges == Edges::Bounded ? find("max_size") : nullptr;
    // Without a size the library does not look at it.
    if (bound && find("size"))
      longest = edge(*bound, reader.pointerTo("max_size"));
    PreprocessStep step = resizeStep(processor.edges, processor.size, longest, processor.multiple);
    int64_t resample = processor.resample;
    if (const JsonValue *value = find("resample"))
      resample = readInteger(errors, reader.pointerTo("resample"), *value, 0, int64_t(std::size(filters)) - 1)
                     .value_or(resample);
    if (const JsonValue *value = find("size"))
      step = readSize(processor, *value, longest);
    step.filter = filters[resample];
    if (resizes && (processor.rescalesFirst || isTorchvision) && (step.filter == "box" || step.filter == "hamming"))
      errors.report(reader.pointerTo("resample"), "is " + step.filter + ", which torchvision does not do");
    if (isTorchvision)
      step.filter.insert(0, "torchvision_");
    if (processor.hasMultiple)
      roundSize(step, resizes);
    addResize(processor, std::move(step), resizes);
  }

  /// Rounds a size to multiples, as DPT's processor does whatever the picture's own size is.
  void roundSize(PreprocessStep &step, bool resizes) {
    // Of the padding, which is refused.
    find("size_divisor");
    const bool keepsRatio =
        boolean("keep_aspect_ratio", false) && !errors.ignores(reader.pointerTo("keep_aspect_ratio"));
    const JsonValue *given = find("ensure_multiple_of");
    const auto multiple = int64_t(given ? edge(*given, reader.pointerTo("ensure_multiple_of")) : 1);
    if (!resizes)
      return;
    if (step.kind != "resize")
      return errors.report(reader.placeOf("size"), "expected 'height' and 'width'");
    if (keepsRatio) {
      // What a picture becomes depends on it; the model is for those that become square, unless it is told otherwise.
      step.kind = "resize_one_side";
      step.values.push_back(double(multiple));
      return;
    }
    for (double &value : step.values) {
      const auto side = int64_t(value), rest = side % multiple;
      // The library divides by the picture's side and multiplies by it again: what is half way goes either way.
      if (rest * 2 == multiple)
        errors.report(reader.placeOf("ensure_multiple_of"),
                      "is " + llvm::Twine(multiple) + ", and " + llvm::Twine(side) + " is half way between multiples");
      value = double(side - rest + (rest * 2 > multiple ? multiple : 0));
      if (value == 0)
        errors.report(reader.placeOf("ensure_multiple_of"), "is " + llvm::Twine(multiple) +
                                                                ", of which the multiple nearest to " +
                                                                llvm::Twine(side) + " is 0");
    }
  }

  /// `crop_pct`, in the processors that have it.
  double readCropFraction(const Processor &processor, bool resizes) {
    if (processor.margin != Margin::ConvNext && processor.margin != Margin::PoolFormer)
      return 1;
    if (const JsonValue *value = reader.find("crop_pct"); value && value->isNull() && resizes)
      errors.report(reader.pointerTo("crop_pct"), "is null, expected a value unless 'do_resize' is false");
    double fraction = find("crop_pct") ? reader.real("crop_pct").value_or(1) : processor.cropFraction;
    if (fraction >= 0.01 && fraction <= 1)
      return fraction;
    errors.report(reader.pointerTo("crop_pct"), "is " + numberText(fraction) + ", expected a number from 0.01 to 1");
    return 1;
  }

  /// Appends the step with the margin of the processor's class.
  void addResize(const Processor &processor, PreprocessStep step, bool resizes) {
    const double fraction = readCropFraction(processor, resizes), edge = step.values[0];
    if (!resizes)
      return;
    bool isShortest = step.kind == "resize_shortest_edge";
    switch (processor.margin) {
    case Margin::None:
      break;
    case Margin::ConvNext:
      if (!isShortest)
        errors.report(reader.placeOf("size"), "expected 'shortest_edge'");
      if (edge < 384) {
        step.values = {std::trunc(edge / fraction)};
        steps.push_back(std::move(step));
        step = {"center_crop", isTorchvision ? "zero" : "", {edge, edge}};
      } else {
        step.kind = "resize";
        step.values = {edge, edge};
      }
      break;
    case Margin::PoolFormer:
      // The library takes one number for the shortest edge.
      if (isShortest || edge == step.values[1]) {
        step.kind = "resize_shortest_edge";
        step.values = {std::trunc(edge / fraction)};
      } else {
        for (double &value : step.values)
          value = std::trunc(value / fraction);
      }
      break;
    case Margin::Levit:
      if (isShortest)
        step.values = {std::trunc(256.0 / 224 * edge)};
      break;
    }
    steps.push_back(std::move(step));
  }

  void readCrop(const Processor &processor, bool crops) {
    std::vector<double> size = {processor.crop, processor.crop};
    const JsonValue *value = find("crop_size");
    if (value)
      size = squareOrSize("crop_size", *value).value_or(size);
    if (!crops)
      return;
    if (processor.edges == Edges::Bounded || processor.edges == Edges::Longest || processor.hasMultiple)
      errors.report(reader.pointerTo("do_center_crop"), "is not supported");
    if (!value && processor.crop == 0)
      errors.report(reader.placeOf("do_center_crop"), "there is no 'crop_size'");
    // A picture that is smaller than the cut lies in it as the library pads it.
    steps.push_back({"center_crop", isTorchvision || processor.rescalesFirst ? "zero" : "", std::move(size)});
  }

  /// SAM's padding, behind all else.
  void readPadding(bool pads, bool resizes) {
    std::vector<double> size = {1024, 1024};
    if (const JsonValue *value = find("pad_size"))
      size = squareOrSize("pad_size", *value).value_or(size);
    if (!pads)
      return;
    if (const double edge = resizes ? steps[1].values[0] : 0; edge > size[0] || edge > size[1])
      errors.report(reader.placeOf("pad_size"),
                    "pictures of " + llvm::Twine(int64_t(edge)) + " pixels in a row do not fit into " +
                        llvm::Twine(int64_t(size[0])) + "x" + llvm::Twine(int64_t(size[1])));
    steps.push_back({"pad_end", "", std::move(size)});
  }

  /// The last step that decides on a size must give the model's.
  void checkSize(llvm::StringRef key) {
    auto last = llvm::find_if(llvm::reverse(steps), [](const PreprocessStep &step) {
      return step.kind == "center_crop" || step.kind == "pad_end" || llvm::StringRef(step.kind).starts_with("resize");
    });
    // What pictures become depends on them: those of one shape have the model's size.
    if (last->kind == "resize_bounded_edges")
      return;
    if (last->kind == "resize_one_side") {
      if (!takesAnySize || last->values[0] > 65536 || last->values[1] > 65536)
        return;
      auto nearest = [&](double side) { return int64_t(std::nearbyint(side / last->values[2]) * last->values[2]); };
      height = nearest(last->values[0]);
      width = nearest(last->values[1]);
      return;
    }
    if (last->kind == "resize_shortest_edge" || last->kind == "resize_longest_edge")
      return errors.report(reader.placeOf(key), last->kind == "resize_shortest_edge"
                                                    ? "'shortest_edge' without a crop leads to no definite size"
                                                    : "'longest_edge' without padding leads to no definite size");
    if (takesAnySize && last->values[0] <= 65536 && last->values[1] <= 65536) {
      height = int64_t(last->values[0]);
      width = int64_t(last->values[1]);
    } else if (last->values[0] != double(height) || last->values[1] != double(width)) {
      const std::string size =
          std::to_string(int64_t(last->values[0])) + "x" + std::to_string(int64_t(last->values[1]));
      errors.report(reader.placeOf(key), "pictures become " + size + ", the model's images are " + llvm::Twine(height) +
                                             "x" + llvm::Twine(width) + ": --image-size=" + size +
                                             " makes a model for those");
    }
  }

  /// One number for each channel; a single number stands for all.
  std::vector<double> perChannel(llvm::StringRef key, const double (&byDefault)[3]) {
    std::vector<double> values(byDefault, byDefault + std::min<int64_t>(channels, 3));
    values.resize(size_t(channels), values.back());
    const JsonValue *value = find(key);
    if (!value)
      return values;
    if (!value->asArray())
      return std::vector<double>(size_t(channels), readReal(errors, reader.pointerTo(key), *value).value_or(1));
    auto list = readReals(errors, reader.pointerTo(key), *value);
    if (list && list->size() != size_t(channels))
      errors.report(reader.pointerTo(key), "has " + llvm::Twine(list->size()) + " numbers, the model has " +
                                               llvm::Twine(channels) + " channels");
    return list.value_or(values);
  }

  void checkDeviations(llvm::ArrayRef<double> deviations) {
    for (const auto &[index, value] : llvm::enumerate(deviations)) {
      const JsonValue *written = find("image_std");
      std::string where = reader.pointerTo("image_std");
      if (written && written->asArray())
        where = jsonPointer(where, index);
      if (!isDeviation(value))
        errors.report(where, "is " + numberText(value) + ", a standard deviation is greater than 0");
    }
  }

  InputErrors &errors;
  ObjectReader reader;
  const int64_t channels;
  int64_t &height, &width;
  const bool takesAnySize;
  /// What a size that is one number means.
  Edges oneNumber = Edges::Both;
  const std::optional<ResizeLibrary> wanted;
  /// The processor's class, if the file names it, and the key that does.
  std::string type, typeKey;
  bool isTorchvision = false;
  /// The key that says so, or nothing.
  std::string reason;
  std::string note;
  std::vector<PreprocessStep> steps;
};

} // namespace

std::vector<PreprocessStep> vitc::readPreprocessor(const CheckpointFile &file, llvm::StringRef modelType,
                                                   std::vector<int64_t> &imageShape, bool takesAnySize,
                                                   InputErrors &errors, std::vector<std::string> &ignoredKeys,
                                                   std::vector<std::string> &notes) {
  PreprocessorReader reader(errors, file, imageShape, takesAnySize);
  std::vector<PreprocessStep> steps = reader.read(modelType);
  if (steps.empty()) {
    ignoredKeys.push_back(file.path + ": all of it");
    return steps;
  }
  if (!reader.libraryNote().empty())
    notes.push_back(file.path + ": " + reader.libraryNote());
  for (const char *key : inertProcessorKeys())
    if (file.json.find(key))
      ignoredKeys.push_back(file.path + ": " + jsonPointer(file.pointer, key));
  return steps;
}

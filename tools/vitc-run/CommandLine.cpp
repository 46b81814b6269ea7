//===- CommandLine.cpp - the options of vitc-run --------------------------===//

#include "CommandLine.h"

using namespace vitc;

const char *const vitc::helpText =
    R"(vitc-run MODEL.so IMAGE... [options]: what a compiled model says about pictures.
vitc-run MODEL.so IMAGE --save FILE.png: draws it: a mask over the picture, boxes, depth in colours.
vitc-run MODEL.so IMAGE... --output FILE.npy: writes the model's only output, a row for each picture.
vitc-run MODEL.so IMAGE... --output-dir DIR: writes all outputs.
vitc-run MODEL.so --input FILE.npy (--output FILE.npy | --output-dir DIR): runs it on numbers.
vitc-run MODEL.so --info: what the file says about itself, without loading it.

Pictures are JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PPM or PGM files, whatever their names; of several pictures in a file
the first is taken. A directory stands for all files in it that are not hidden, in the order of their names, but not for
those of its directories. The model says how pictures are resized and normalised. A classifier gives the best labels
with their scores, a segmentation the shares of its classes, a detector boxes with labels (left, top, right, bottom in
pixels of the picture), a depth the least, the most and their mean, another model its outputs' names, shapes and
norms. A picture that cannot be used, or whose scores are not finite, is an error that does not keep the others from
being computed; other outputs that are not finite are a warning.

Rows are written in the order of the pictures, one for each time that one is named. Beside the arrays, JSON lines say
which row is whose ({"row":0,"path":"a.jpg"}) and which pictures have none ({"path":"b.jpg","error":"..."}): in
FILE.jsonl beside FILE.npy, in pictures.jsonl of a directory. Files get their names when all is written; if no picture
can be used, there are none.

  --top-k N          labels to print for a picture (default: 5; of segments and boxes all)
  --save FILE.png    draw the answer to a picture; DIR/ is for several pictures, NAME.png for each
  --save FILE.npy    write its numbers: the class of each pixel, the depth of each pixel, or rows of a box's class, score
                     and sides
  --palette FILE     with --save, colours of the classes: a line of three numbers or #rrggbb for each, or a JSON list
                     (default: PASCAL VOC's)
  --threshold T      boxes with a larger score only (default: as the model says, 0.5 as a rule)
  --entry NAME       the entry point to run (default: the first that the arrays fit; for a picture the
                     first, unless the picture becomes exactly the size of another one)
  --list FILE        paths of more pictures or directories, one in each line; "-" is standard input
  --batch N          pictures to run at a time, if they are ready (default: as many as the model was compiled for)
  --threads N        threads to run the model; beside them, as many prepare the next pictures
                     (default: as many as CPU affinity and cgroup quota allow)
  --json             print one line of JSON for each picture; with --info, one for the model
  --input FILE       an input: .npy of the input's type, shape: any batch, then the input's shape
  --input NAME=FILE  the same for one of several inputs; repeat it for the others
  --output FILE      where the only output goes, as .npy; "-" is standard output, not for pictures
  --output-dir DIR   where all outputs go, as NAME.npy; made if it is not there
  --save-inputs      with --output-dir, write what is made of pictures, too: the model's input
  --info             print entry points, inputs, outputs, labels, preprocessing, targets and sizes
  --self-test        check that the weights in the file are as the compiler wrote them
  --version          print the version
  --help             print this text

Examples:
  vitc-run model.so cat.jpg
  vitc-run model.so --json --top-k 1 photos
  find / -name '*.jpg' | vitc-run features.so --list - --output features.npy --batch 8
  vitc-run model.so --input x.npy --output logits.npy --threads 2
)";

HostError vitc::commandLineError(const std::string &where, const std::string &message) {
  return {"command line", where, message};
}

namespace {

class Parser {
public:
  explicit Parser(const std::vector<std::string> &arguments) : arguments(arguments) {}

  HostExpected<CommandLine> parse();

private:
  using Error = std::optional<HostError>;

  Error parseOption(const std::string &option);
  Error parseValue(const std::string &option, const std::string &value);
  Error checkCombination() const;
  Error checkPictures(bool hasOutput) const;
  Error checkArrays() const;

  const std::vector<std::string> &arguments;
  size_t next = 0;
  CommandLine line;
};

/// Reads a decimal number from 1 to `limit` into `out`.
template <typename Number>
std::optional<HostError> parseNumber(const std::string &option, const std::string &text, Number limit, Number &out) {
  const bool isNumber = !text.empty() && text.size() <= 9 && text.find_first_not_of("0123456789") == std::string::npos;
  const unsigned long value = isNumber ? std::stoul(text) : 0;
  if (value < 1 || value > limit)
    return commandLineError(option, "'" + text + "', expected a number from 1 to " + std::to_string(limit));
  out = static_cast<Number>(value);
  return std::nullopt;
}

std::optional<HostError> parseThreshold(const std::string &text, std::optional<double> &threshold) {
  size_t end = 0;
  double value = -1;
  try {
    value = std::stod(text, &end);
  } catch (const std::exception &) {
    end = 0;
  }
  if (end == 0 || end != text.size() || !(value >= 0 && value <= 1))
    return commandLineError("--threshold", "'" + text + "', expected a number from 0 to 1");
  threshold = value;
  return std::nullopt;
}

bool takesValue(const std::string &option) {
  for (const char *name : {"--top-k", "--threads", "--batch", "--entry", "--list", "--input", "--output",
                           "--output-dir", "--save", "--palette", "--threshold"})
    if (option == name)
      return true;
  return false;
}

std::optional<HostError> Parser::parseValue(const std::string &option, const std::string &value) {
  if (option == "--top-k")
    return parseNumber(option, value, size_t(1000000), line.topK.emplace());
  if (option == "--threads")
    return parseNumber(option, value, uint32_t(1024), line.threads);
  if (option == "--batch")
    return parseNumber(option, value, uint32_t(65536), line.batch);
  if (option == "--threshold")
    return parseThreshold(value, line.threshold);
  const bool isEntry = option == "--entry";
  if (value.empty())
    return commandLineError(option, isEntry ? "no name" : "no file name");
  if (option == "--input") {
    line.inputs.push_back(value);
    return std::nullopt;
  }
  std::string &target = isEntry                 ? line.entryPoint
                        : option == "--list"    ? line.list
                        : option == "--output"  ? line.output
                        : option == "--save"    ? line.save
                        : option == "--palette" ? line.palette
                                                : line.outputDirectory;
  if (!target.empty())
    return commandLineError(option, "given twice");
  target = value;
  return std::nullopt;
}

std::optional<HostError> Parser::parseOption(const std::string &argument) {
  const size_t equals = argument.find('=');
  const std::string option = argument.substr(0, equals);
  if (takesValue(option)) {
    if (equals != std::string::npos)
      return parseValue(option, argument.substr(equals + 1));
    if (next == arguments.size())
      return commandLineError(option, "no value");
    return parseValue(option, arguments[next++]);
  }
  if (argument == "--json")
    line.json = true;
  else if (argument == "--save-inputs")
    line.saveInputs = true;
  else if (argument == "--info")
    line.info = true;
  else if (argument == "--self-test")
    line.selfTest = true;
  else if (argument == "--version")
    line.version = true;
  else if (argument == "--help" || argument == "-h")
    line.help = true;
  else
    return commandLineError(argument, "unknown option; see --help");
  return std::nullopt;
}

std::optional<HostError> Parser::checkCombination() const {
  if (line.help || line.version)
    return std::nullopt;
  if (line.model.empty())
    return commandLineError("MODEL.so", "no model; see --help");
  const bool hasOutput = !line.output.empty() || !line.outputDirectory.empty();
  const bool hasWork = line.hasPictures() || !line.inputs.empty() || hasOutput || line.topK || line.threads ||
                       line.batch || line.saveInputs || !line.entryPoint.empty() || !line.save.empty() ||
                       !line.palette.empty() || line.threshold;
  if (line.info && (hasWork || line.selfTest))
    return commandLineError("--info", "together with something to run");
  if (line.selfTest && (hasWork || line.json))
    return commandLineError("--self-test", "together with other options, expected the model alone");
  if (line.info || line.selfTest)
    return std::nullopt;
  if (line.hasPictures() && !line.inputs.empty())
    return commandLineError("--input", "together with pictures, expected one or the other");
  if (!line.hasPictures() && line.inputs.empty())
    return commandLineError("IMAGE", "nothing to run, expected pictures, --list or --input; see --help");
  return line.inputs.empty() ? checkPictures(hasOutput) : checkArrays();
}

std::optional<HostError> Parser::checkPictures(bool hasOutput) const {
  if (!line.output.empty() && !line.outputDirectory.empty())
    return commandLineError("--output", "together with --output-dir, expected one or the other");
  if (line.output == "-")
    return commandLineError("--output", "pictures' rows go to a file, whose beginning is known at the end, not to "
                                        "standard output");
  if (hasOutput && (line.json || line.topK || line.threshold || !line.save.empty()))
    return commandLineError(line.output.empty() ? "--output-dir" : "--output",
                            "together with --json, --top-k, --threshold or --save, which say what is printed or drawn");
  if (!line.palette.empty() && line.save.empty())
    return commandLineError("--palette", "without a drawing, expected --save with it");
  if (line.saveInputs && line.outputDirectory.empty())
    return commandLineError("--save-inputs", "without a place for them, expected --output-dir with it");
  return std::nullopt;
}

std::optional<HostError> Parser::checkArrays() const {
  for (const auto &[isGiven, option] : {std::pair(line.json, "--json"),
                                        {line.topK.has_value(), "--top-k"},
                                        {line.batch != 0, "--batch"},
                                        {!line.save.empty(), "--save"},
                                        {!line.palette.empty(), "--palette"},
                                        {line.threshold.has_value(), "--threshold"},
                                        {line.saveInputs, "--save-inputs"}})
    if (isGiven)
      return commandLineError(option, std::string("together with --input, expected pictures") +
                                          (line.json ? " or --info" : ""));
  if (line.output.empty() == line.outputDirectory.empty())
    return commandLineError("--input", "expected either --output or --output-dir with it");
  return std::nullopt;
}

HostExpected<CommandLine> Parser::parse() {
  bool onlyNames = false; // after "--"
  while (next < arguments.size()) {
    const std::string &argument = arguments[next++];
    if (!onlyNames && argument == "--") {
      onlyNames = true;
    } else if (!onlyNames && argument.size() > 1 && argument[0] == '-') {
      if (Error error = parseOption(argument))
        return *error;
    } else if (line.model.empty()) {
      line.model = argument;
    } else {
      line.images.push_back(argument);
    }
  }
  if (Error error = checkCombination())
    return *error;
  return line;
}

} // namespace

HostExpected<CommandLine> vitc::parseCommandLine(const std::vector<std::string> &arguments) {
  return Parser(arguments).parse();
}

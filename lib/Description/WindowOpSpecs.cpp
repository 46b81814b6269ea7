//===- WindowOpSpecs.cpp - ops of windows of maps ---------------*- C++ -*-===//

#include "WindowOpSpecs.h"

using namespace vitc;

std::vector<OpSpec> vitc::makeWindowSpecs() {
  const AttributeSpec window{"window", AttributeType::Size, "rows and columns of a window", std::nullopt};
  AttributeSpec shift{"shift", AttributeType::Integers,
                      "rows and columns that the map is rolled up and to the left by, before it is cut",
                      AttributeValue(std::vector<int64_t>{0, 0})};
  shift.minimum = 0;
  shift.count = 2;
  AttributeSpec trained{"trained_window", AttributeType::Size,
                        "`fc1` and `fc2`: the window that they were trained with; by default `window`", std::nullopt};
  trained.optional = true;
  const AttributeSpec hidden{"hidden_size", AttributeType::Integer, "`fc1` and `fc2`: features between them",
                             AttributeValue(int64_t(512))};
  AttributeSpec mask{"mask", AttributeType::Real,
                     "what is added to scores of pixels that only the shift brought into one window",
                     AttributeValue(-100.0)};
  mask.minimum = -(int64_t(1) << 31);
  return {
      {"window_partition",
       "the windows of a map (height x width x channels) as sequences: windows x pixels x channels. Windows that reach "
       "beyond the bottom or right edge have zeros there",
       true,
       1,
       1,
       {window, shift},
       {}},
      {"window_merge",
       "the windows of the first input as a map again, without what lies beyond the edges; the second input is a map "
       "of "
       "its height and width",
       true,
       2,
       2,
       {window, shift},
       {}},
      {"window_bias",
       "what attention within the windows of a map adds to its scores (windows x heads x pixels x pixels, or without a "
       "shift the same for all windows): a number for each distance of two pixels, in rows and in columns, and the "
       "mask of "
       "shifted windows",
       true,
       1,
       1,
       {window, shift, {"heads", AttributeType::Integer, "number of heads", std::nullopt}, trained, hidden, mask},
       {{"value", ParameterKind::Tensor, false,
         "table: distances x heads, row by row from 1 - window to window - 1 in both axes"},
        {"fc1", ParameterKind::Module, false,
         "instead of a table, the first layer of the network that makes it of distances on a logarithmic scale (Swin "
         "V2): features x 2; ReLU follows"},
        {"fc2", ParameterKind::Module, false, "its second layer: heads x features; 16 times the sigmoid follows"}}},
  };
}

//===- WindowSpecs.cpp - ops on windows of maps -----------------*- C++ -*-===//

#include "SpecParts.h"

using namespace vitc;
using namespace vitc::specs;

std::vector<OpSpec> specs::windowSpecs() {
  const AttributeSpec window = size("window", "rows and columns of a window");
  const AttributeSpec shift =
      integers("shift", "rows and columns that the map is rolled up and to the left by, before it is cut", 2, 0,
               std::vector<int64_t>{0, 0});
  return {
      {"window_partition",
       "the windows of a map as sequences: windows x pixels x channels. Windows that reach beyond the bottom or right "
       "edge have zeros there",
       true,
       1,
       1,
       {window, shift},
       {},
       /*isOnMaps=*/true},
      {"window_merge",
       "the windows of the first input as a map again, without what lies beyond the edges; the second input is a map "
       "of its height and width",
       true,
       2,
       2,
       {window, shift},
       {}},
      {"window_bias",
       "what attention within the windows of a map adds to its scores (windows x heads x pixels x pixels, or without a "
       "shift the same for all windows): a number for each distance of two pixels, in rows and in columns, and the "
       "mask of shifted windows",
       true,
       1,
       1,
       {window, shift, integer("heads", "number of heads"),
        optional(
            size("trained_window", "`fc1` and `fc2`: the window that they were trained with; by default `window`")),
        integer("hidden_size", "`fc1` and `fc2`: features between them", 512),
        real("mask", "what is added to scores of pixels that only the shift brought into one window", -100.0,
             -(int64_t(1) << 31))},
       {tensor("value", false, "table: distances x heads, row by row from 1 - window to window - 1 in both axes"),
        module("fc1", false,
               "instead of a table, the first layer of the network that makes it of distances on a logarithmic scale "
               "(Swin V2): features x 2; ReLU follows"),
        module("fc2", false, "its second layer: heads x features; 16 times the sigmoid follows")},
       /*isOnMaps=*/true},
  };
}

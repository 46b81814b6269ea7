//===- PictureSizeTest.cpp - the libraries' ways of rounding --------------===//

#include "vitc/Preprocessing/PictureSize.h"

#include <gtest/gtest.h>
#include <utility>

using namespace vitc;

namespace {

using Pair = std::pair<int64_t, int64_t>;

Pair pairOf(PictureSize size) { return {size.height, size.width}; }

TEST(PictureSize, ShortestEdgeRoundsTheOtherDown) {
  EXPECT_EQ(pairOf(shortestEdgeSize({300, 451}, 256)), Pair(256, 384));
  EXPECT_EQ(pairOf(shortestEdgeSize({451, 300}, 256)), Pair(384, 256));
  EXPECT_EQ(pairOf(shortestEdgeSize({10, 10}, 7)), Pair(7, 7));
  // In 64 bits.
  EXPECT_EQ(pairOf(shortestEdgeSize({1, 100000000}, 1 << 20)), Pair(1 << 20, 104857600000000));
}

TEST(PictureSize, LongestEdge) {
  // _get_preprocess_shape of SamImageProcessorPil.
  EXPECT_EQ(pairOf(longestEdgeSize({47, 61}, 24)), Pair(18, 24));
  EXPECT_EQ(pairOf(longestEdgeSize({70, 23}, 24)), Pair(24, 8));
  EXPECT_EQ(pairOf(longestEdgeSize({1, 1}, 24)), Pair(24, 24));
  // 12.5 goes up.
  EXPECT_EQ(pairOf(longestEdgeSize({25, 50}, 25)), Pair(13, 25));
  // A side may vanish.
  EXPECT_EQ(pairOf(longestEdgeSize({1, 100}, 24)), Pair(0, 24));
}

// What transformers' get_size_with_aspect_ratio_yolos answers.
TEST(PictureSize, BoundedEdges) {
  EXPECT_EQ(pairOf(boundedEdgesSize({480, 640}, 512, 864, 16)), Pair(512, 672));
  EXPECT_EQ(pairOf(boundedEdgesSize({640, 480}, 512, 864, 16)), Pair(672, 512));
  EXPECT_EQ(pairOf(boundedEdgesSize({100, 1000}, 512, 864, 16)), Pair(80, 864));
  EXPECT_EQ(pairOf(boundedEdgesSize({1000, 100}, 512, 864, 16)), Pair(864, 80));
  EXPECT_EQ(pairOf(boundedEdgesSize({512, 600}, 512, 864, 16)), Pair(512, 592));
  EXPECT_EQ(pairOf(boundedEdgesSize({7, 300}, 40, 90, 1)), Pair(2, 90));
  EXPECT_EQ(pairOf(boundedEdgesSize({51, 1000}, 512, 1000, 1)), Pair(51, 1000));
}

// What get_size_with_aspect_ratio of transformers' DETR answers.
TEST(PictureSize, BoundedEdgesOfAnySize) {
  EXPECT_EQ(pairOf(boundedEdgesSize({480, 640}, 800, 1333, 1)), Pair(800, 1066));
  EXPECT_EQ(pairOf(boundedEdgesSize({640, 480}, 800, 1333, 1)), Pair(1066, 800));
  EXPECT_EQ(pairOf(boundedEdgesSize({427, 640}, 800, 1333, 1)), Pair(800, 1199));
  EXPECT_EQ(pairOf(boundedEdgesSize({333, 1000}, 800, 1333, 1)), Pair(444, 1333));
  // Left alone, whichever way they lie.
  EXPECT_EQ(pairOf(boundedEdgesSize({600, 1334}, 800, 1333, 1)), Pair(600, 1334));
  EXPECT_EQ(pairOf(boundedEdgesSize({1334, 600}, 800, 1333, 1)), Pair(1334, 600));
}

// What get_resize_output_image_size of transformers' DPT answers.
TEST(PictureSize, OneSide) {
  EXPECT_EQ(pairOf(oneSideSize({47, 61}, {42, 42}, 6)), Pair(42, 54));
  EXPECT_EQ(pairOf(oneSideSize({70, 23}, {42, 42}, 6)), Pair(42, 12));
  EXPECT_EQ(pairOf(oneSideSize({37, 26}, {36, 36}, 6)), Pair(36, 24));
  EXPECT_EQ(pairOf(oneSideSize({70, 23}, {30, 24}, 6)), Pair(72, 24));
}

// What timm's ResizeKeepRatio answers.
TEST(PictureSize, CoveringAndContained) {
  EXPECT_EQ(pairOf(coveringSize({47, 61}, {24, 18})), Pair(24, 31));
  EXPECT_EQ(pairOf(containedSize({47, 61}, {24, 18})), Pair(14, 18));
  // 7.5 and 2.5 are rounded to even numbers.
  EXPECT_EQ(pairOf(coveringSize({3, 2}, {7, 5})), Pair(8, 5));
  EXPECT_EQ(pairOf(containedSize({2, 20}, {9, 25})), Pair(2, 25));
  EXPECT_EQ(pairOf(containedSize({1, 5000}, {24, 24})), Pair(0, 24));
}

} // namespace

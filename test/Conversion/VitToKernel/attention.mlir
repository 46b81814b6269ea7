// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --convert-vit-to-kernel --kernel-schedule --split-input-file %s | FileCheck %s --check-prefixes=CHECK,AVX2
// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v4 --convert-vit-to-kernel --kernel-schedule --split-input-file %s | FileCheck %s --check-prefixes=CHECK,AVX512

// Projections by head, keys in panels, scores of one tile in scratch.
// CHECK: kernel.pack @w panels<16 x f32 interleave 1> %{{.*}} group 64 : tensor<576x192xf32> -> memref<36x192x16xf32>
// CHECK: kernel.pack @b panels<16 x f32 interleave 1> %{{.*}} group 64 : tensor<576x1xf32> -> memref<36x1x16xf32>
// CHECK-LABEL: func.func @self_attention(
// CHECK-SAME: %[[X:[^:]*]]: memref<197x192xf32>, %[[OUT:[^:]*]]: memref<197x192xf32>
func.func @self_attention(%x: tensor<197x192xf32>) -> tensor<197x192xf32> {
  %w = vit.weight "w" : tensor<576x192xf32>
  %b = vit.weight "b" : tensor<576xf32>
  // CHECK: %[[W:.*]] = kernel.weight @weights::@w : memref<36x192x16xf32>
  // CHECK: %[[B:.*]] = kernel.weight @weights::@b : memref<36x1x16xf32>
  // CHECK: %[[P:.*]] = kernel.buffer : memref<3x3x197x64xf32, strided<[37824, 12608, 64, 1]>>
  // CHECK: kernel.linear %[[X]], %[[W]] bias %[[B]] into %[[P]] activation none
  // AVX2-SAME: schedule <rows <32 x 6 + 1 x 5> panels 1
  // AVX512-SAME: schedule <rows <2 x 14 + 13 x 13> panels 2
  %p = vit.fused_head_projection %x, %w, %b {num_heads = 3 : i64, parts = 3 : i64} : (tensor<197x192xf32>, tensor<576x192xf32>, tensor<576xf32>) -> tensor<3x3x197x64xf32>
  // CHECK: %[[K:.*]] = kernel.buffer : memref<3x13x64x16xf32>
  // CHECK: kernel.pack_keys %[[P]][1] into %[[K]]
  // AVX2: %[[S:.*]] = kernel.scratch : memref<6x208xf32>
  // AVX512: %[[S:.*]] = kernel.scratch : memref<14x208xf32>
  // CHECK: kernel.attention %[[P]][0], %[[K]], %[[P]][2] into %[[OUT]] scratch %[[S]] head_dim 64 keys 197 scale 1.250000e-01
  // AVX2-SAME: schedule <rows <32 x 6 + 1 x 5> panels 1 tiles_per_task 9>
  // AVX512-SAME: schedule <rows <2 x 14 + 13 x 13> panels 2 tiles_per_task 4>
  %a = vit.fused_attention %p[0], %p[1], %p[2] scale 0.125 : (tensor<3x3x197x64xf32>, tensor<3x3x197x64xf32>, tensor<3x3x197x64xf32>) -> tensor<197x192xf32>
  return %a : tensor<197x192xf32>
}

// -----

// One query (the class token) against all keys; heads of 20 features take two panels each. A bias that is a weight has
// its rows padded, one that is computed is read as it is.
// CHECK: kernel.pack @wq panels<16 x f32 interleave 1> %{{.*}} group 20 : tensor<40x40xf32> -> memref<4x40x16xf32>
// CHECK: kernel.pack @bias rows %{{.*}} : tensor<2x1x50xf32> -> memref<2x1x64xf32>
// CHECK-LABEL: func.func @class_attention(
// CHECK-SAME: %[[MASK:[^:]*]]: memref<1x50xf32>
func.func @class_attention(%q: tensor<1x40xf32>, %x: tensor<50x40xf32>, %mask: tensor<1x50xf32>) -> (tensor<1x40xf32>, tensor<1x40xf32>) {
  %wq = vit.weight "wq" : tensor<40x40xf32>
  // CHECK: %[[Q:.*]] = kernel.buffer : memref<1x2x1x20xf32, strided<[64, 32, 32, 1]>>
  %pq = vit.fused_head_projection %q, %wq {num_heads = 2 : i64, parts = 1 : i64} : (tensor<1x40xf32>, tensor<40x40xf32>) -> tensor<1x2x1x20xf32>
  %wkv = vit.weight "wkv" : tensor<80x40xf32>
  // CHECK: %[[KV:.*]] = kernel.buffer : memref<2x2x50x20xf32, strided<[3200, 1600, 32, 1]>>
  %pkv = vit.fused_head_projection %x, %wkv {num_heads = 2 : i64, parts = 2 : i64} : (tensor<50x40xf32>, tensor<80x40xf32>) -> tensor<2x2x50x20xf32>
  %bias = vit.weight "bias" : tensor<2x1x50xf32>
  // CHECK: %[[BIAS:.*]] = kernel.weight @weights::@bias : memref<2x1x64xf32>
  // CHECK: kernel.attention %[[Q]][0], %{{.*}}, %[[KV]][1] bias %[[BIAS]] into %{{.*}} head_dim 20 keys 50 scale 1.000000e+00 schedule <rows <1 x 1 + 0 x 0> panels 2
  %a = vit.fused_attention %pq[0], %pkv[0], %pkv[1], %bias scale 1.0 : (tensor<1x2x1x20xf32>, tensor<2x2x50x20xf32>, tensor<2x2x50x20xf32>, tensor<2x1x50xf32>) -> tensor<1x40xf32>
  // CHECK: kernel.attention %[[Q]][0], %{{.*}}, %[[KV]][1] bias %[[MASK]] into
  %b = vit.fused_attention %pq[0], %pkv[0], %pkv[1], %mask scale 1.0 : (tensor<1x2x1x20xf32>, tensor<2x2x50x20xf32>, tensor<2x2x50x20xf32>, tensor<1x50xf32>) -> tensor<1x40xf32>
  return %a, %b : tensor<1x40xf32>, tensor<1x40xf32>
}

// -----

// Sequences have heads of their own, and are rows of the result.
// CHECK-LABEL: func.func @sequences(
func.func @sequences(%x: tensor<20x8xf32>) -> tensor<20x8xf32> {
  %w = vit.weight "w" : tensor<24x8xf32>
  %b = vit.weight "b" : tensor<4x1x5x5xf32>
  // CHECK: kernel.linear {{.*}} : memref<20x8xf32{{.*}}>, memref<6x8x16xf32>, memref<3x8x5x4xf32, strided<[640, 80, 16, 1]>>
  %p = vit.fused_head_projection %x, %w {num_heads = 2 : i64, parts = 3 : i64, sequences = 4 : i64} : (tensor<20x8xf32>, tensor<24x8xf32>) -> tensor<3x8x5x4xf32>
  // CHECK: kernel.attention {{.*}} bias %{{.*}} into %{{.*}} head_dim 4 keys 5 scale 1.0{{.*}} memref<4x1x5x16xf32>, memref<20x8xf32>
  %y = vit.fused_attention %p[0], %p[1], %p[2], %b scale 1.0 {sequences = 4 : i64} : (tensor<3x8x5x4xf32>, tensor<3x8x5x4xf32>, tensor<3x8x5x4xf32>, tensor<4x1x5x5xf32>) -> tensor<20x8xf32>
  return %y : tensor<20x8xf32>
}

// RUN: vitc-opt --kernel-plan-memory --split-input-file %s | FileCheck %s

// The largest buffer is placed first. Lives that do not overlap share memory; sizes are whole cache lines.
// CHECK-LABEL: func.func @chain(
// CHECK-SAME: kernel.arena_bytes = 640 : i64, kernel.scratch_bytes = 0 : i64
func.func @chain(%x: memref<4x16xf32>, %y: memref<4x16xf32> {kernel.output}) {
  // CHECK: kernel.buffer at 384 : memref<4x16xf32>
  %a = kernel.buffer : memref<4x16xf32>
  // CHECK: kernel.buffer at 0 : memref<5x17xf32>
  %b = kernel.buffer : memref<5x17xf32>
  // CHECK: kernel.buffer at 384 : memref<4x16xf32>
  %c = kernel.buffer : memref<4x16xf32>
  // CHECK-NOT: kernel.buffer
  %unused = kernel.buffer : memref<100x16xf32>
  kernel.launch "a" @a(%x, %a) tasks 1 flops 0 : memref<4x16xf32>, memref<4x16xf32>
  kernel.launch "b" @b(%a, %b) tasks 1 flops 0 : memref<4x16xf32>, memref<5x17xf32>
  kernel.launch "c" @c(%b, %c) tasks 1 flops 0 : memref<5x17xf32>, memref<4x16xf32>
  kernel.launch "a" @a(%c, %y) tasks 1 flops 0 : memref<4x16xf32>, memref<4x16xf32>
  return
}
func.func private @a(index, memref<4x16xf32>, memref<4x16xf32>)
func.func private @b(index, memref<4x16xf32>, memref<5x17xf32>)
func.func private @c(index, memref<5x17xf32>, memref<4x16xf32>)

// -----

// Every weight that is used has a place of its own; scratch is as large as the largest.
// CHECK-LABEL: func.func @places(
// CHECK-SAME: kernel.arena_bytes = 0 : i64, kernel.scratch_bytes = 384 : i64
func.func @places(%y: memref<5x16xf32> {kernel.output}) {
  %a = kernel.weight @weights::@a : memref<5x10xf32>
  %b = kernel.weight @weights::@b : memref<5x16xf32>
  %c = kernel.weight @weights::@c : memref<32xf32>
  %small = kernel.scratch : memref<10xf32>
  %large = kernel.scratch : memref<6x16xf32>
  return
}
func.func @second(%y: memref<5x16xf32> {kernel.output}) {
  %b = kernel.weight @weights::@b : memref<5x16xf32>
  return
}
// CHECK: kernel.weights @weights bytes 704 {
kernel.weights @weights {
  %w = vit.weight "w" : tensor<5x10xf32>
  // CHECK: kernel.pack @a rows %{{.*}} at 0 : tensor<5x10xf32> -> memref<5x10xf32>
  kernel.pack @a rows %w : tensor<5x10xf32> -> memref<5x10xf32>
  // CHECK-NOT: "u"
  %u = vit.weight "u" : tensor<5x10xf32>
  kernel.pack @unused rows %u : tensor<5x10xf32> -> memref<5x10xf32>
  // CHECK: kernel.pack @b rows %{{.*}} at 256 : tensor<5x10xf32> -> memref<5x16xf32>
  kernel.pack @b rows %w : tensor<5x10xf32> -> memref<5x16xf32>
  %s = vit.weight "s" : tensor<32xf32>
  // CHECK: kernel.pack @c rows %{{.*}} at 576 :
  kernel.pack @c rows %s : tensor<32xf32> -> memref<32xf32>
}

// -----

// A residual that dies in its layer gives its memory to the result.
// CHECK-LABEL: func.func @residual(
// CHECK-SAME: %[[X:.*]]: memref<4x16xf32>, %[[Y:.*]]: memref<4x16xf32> {kernel.output})
// CHECK-SAME: kernel.arena_bytes = 512 : i64
func.func @residual(%x: memref<4x16xf32>, %y: memref<4x16xf32> {kernel.output}) {
  %p = kernel.weight @weights::@p : memref<1x16x16xf32>
  // CHECK: %[[A:.*]] = kernel.buffer at 0 : memref<4x16xf32>
  %a = kernel.buffer : memref<4x16xf32>
  // CHECK: %[[H:.*]] = kernel.buffer at 256 : memref<4x16xf32>
  %h = kernel.buffer : memref<4x16xf32>
  // CHECK-NOT: kernel.buffer
  %b = kernel.buffer : memref<4x16xf32>
  // CHECK: kernel.layer_norm %[[X]] into %[[A]]
  kernel.layer_norm %x into %a epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  // CHECK: kernel.layer_norm %[[A]] into %[[H]]
  kernel.layer_norm %a into %h epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  // CHECK: kernel.linear %[[H]], %{{.*}} residual %[[A]] into %[[A]]
  kernel.linear %h, %p residual %a into %b activation none schedule <rows <4 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 4>
    : memref<4x16xf32>, memref<1x16x16xf32>, memref<4x16xf32>, memref<4x16xf32>
  // CHECK: kernel.layer_norm %[[A]] into %[[Y]]
  kernel.layer_norm %b into %y epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<16x16xf32>
  kernel.pack @p panels<16 x f32 interleave 1> %w group 16 : tensor<16x16xf32> -> memref<1x16x16xf32>
}

// -----

// A residual that is read later, or is the input or the bias too, keeps its memory.
// CHECK-LABEL: func.func @residual_is_kept(
func.func @residual_is_kept(%x: memref<4x16xf32>, %r: memref<16xf32>, %y: memref<4x16xf32> {kernel.output}, %z: memref<16xf32> {kernel.output}) {
  %p = kernel.weight @weights::@p : memref<1x16x16xf32>
  // CHECK: %[[A:.*]] = kernel.buffer at
  %a = kernel.buffer : memref<4x16xf32>
  // CHECK: %[[B:.*]] = kernel.buffer at
  %b = kernel.buffer : memref<4x16xf32>
  // CHECK: %[[C:.*]] = kernel.buffer at
  %c = kernel.buffer : memref<4x16xf32>
  kernel.layer_norm %x into %a epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  // CHECK: kernel.linear %{{.*}}, %{{.*}} residual %[[A]] into %[[B]]
  kernel.linear %x, %p residual %a into %b activation none schedule <rows <4 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 4>
    : memref<4x16xf32>, memref<1x16x16xf32>, memref<4x16xf32>, memref<4x16xf32>
  // CHECK: kernel.linear %[[A]], %{{.*}} residual %[[A]] into %[[C]]
  kernel.linear %a, %p residual %a into %c activation none schedule <rows <4 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 4>
    : memref<4x16xf32>, memref<1x16x16xf32>, memref<4x16xf32>, memref<4x16xf32>
  kernel.launch "join" @join(%b, %c, %y) tasks 1 flops 0 : memref<4x16xf32>, memref<4x16xf32>, memref<4x16xf32>
  // CHECK: %[[D:.*]] = kernel.buffer at
  %d = kernel.buffer : memref<16xf32>
  // CHECK: %[[E:.*]] = kernel.buffer at
  %e = kernel.buffer : memref<16xf32>
  kernel.softmax %r into %d rows_per_task 1 : memref<16xf32>, memref<16xf32>
  // CHECK: kernel.linear %{{.*}}, %{{.*}} bias %[[D]] residual %[[D]] into %[[E]]
  kernel.linear %r, %p bias %d residual %d into %e activation none schedule <rows <1 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 4>
    : memref<16xf32>, memref<1x16x16xf32>, memref<16xf32>, memref<16xf32>, memref<16xf32>
  kernel.softmax %e into %z rows_per_task 1 : memref<16xf32>, memref<16xf32>
  return
}
func.func private @join(index, memref<4x16xf32>, memref<4x16xf32>, memref<4x16xf32>)
kernel.weights @weights {
  %w = vit.weight "w" : tensor<16x16xf32>
  kernel.pack @p panels<16 x f32 interleave 1> %w group 16 : tensor<16x16xf32> -> memref<1x16x16xf32>
}

// -----

// So does one of a layer that stores its sums in the output before the activation.
// CHECK-LABEL: func.func @residual_of_stored_sums(
func.func @residual_of_stored_sums(%x: memref<4x16xf32>, %y: memref<4x16xf32> {kernel.output}) {
  %p = kernel.weight @weights::@p : memref<1x16x16xf32>
  // CHECK: %[[A:.*]] = kernel.buffer at
  %a = kernel.buffer : memref<4x16xf32>
  // CHECK: %[[B:.*]] = kernel.buffer at
  %b = kernel.buffer : memref<4x16xf32>
  // CHECK-NOT: kernel.buffer
  %c = kernel.buffer : memref<4x16xf32>
  kernel.layer_norm %x into %a epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  // CHECK: kernel.linear %{{.*}}, %{{.*}} residual %[[A]] into %[[B]] activation gelu
  kernel.linear %x, %p residual %a into %b activation gelu schedule <rows <4 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 4>
    : memref<4x16xf32>, memref<1x16x16xf32>, memref<4x16xf32>, memref<4x16xf32>
  // ReLU is applied in registers.
  // CHECK: kernel.linear %{{.*}}, %{{.*}} residual %[[B]] into %[[B]] activation relu
  kernel.linear %x, %p residual %b into %c activation relu schedule <rows <4 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 4>
    : memref<4x16xf32>, memref<1x16x16xf32>, memref<4x16xf32>, memref<4x16xf32>
  kernel.layer_norm %c into %y epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<16x16xf32>
  kernel.pack @p panels<16 x f32 interleave 1> %w group 16 : tensor<16x16xf32> -> memref<1x16x16xf32>
}

// -----

// A buffer lives as long as its views are read: neither another buffer nor the sum that it is a part of takes its place before.
// CHECK-LABEL: func.func @views(
// CHECK-SAME: kernel.arena_bytes = 768 : i64
func.func @views(%x: memref<4x16xf32>, %y: memref<4x16xf32> {kernel.output}, %z: memref<1x16xf32> {kernel.output}) {
  %p = kernel.weight @weights::@p : memref<1x16x16xf32>
  // CHECK-DAG: %[[A:.*]] = kernel.buffer at 0 :
  %a = kernel.buffer : memref<4x16xf32>
  // CHECK-DAG: %[[B:.*]] = kernel.buffer at 256 :
  %b = kernel.buffer : memref<4x16xf32>
  // CHECK-DAG: %[[C:.*]] = kernel.buffer at 512 :
  %c = kernel.buffer : memref<4x16xf32>
  kernel.layer_norm %x into %a epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  // CHECK: %[[ROW:.*]] = kernel.view %[[A]] at 64
  %row = kernel.view %a at 64 : memref<4x16xf32> -> memref<1x16xf32>
  %unread = kernel.view %a at 0 : memref<4x16xf32> -> memref<1x16xf32>
  // CHECK-NOT: kernel.view
  // CHECK: kernel.linear %{{.*}}, %{{.*}} residual %[[A]] into %[[B]]
  kernel.linear %x, %p residual %a into %b activation none schedule <rows <4 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 4>
    : memref<4x16xf32>, memref<1x16x16xf32>, memref<4x16xf32>, memref<4x16xf32>
  kernel.layer_norm %b into %c epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  kernel.layer_norm %c into %y epsilon 0.5 rows_per_task 4 : memref<4x16xf32>, memref<4x16xf32>
  // CHECK: kernel.layer_norm %[[ROW]] into
  kernel.layer_norm %row into %z epsilon 0.5 rows_per_task 4 : memref<1x16xf32>, memref<1x16xf32>
  return
}
kernel.weights @weights {
  %w = vit.weight "w" : tensor<16x16xf32>
  kernel.pack @p panels<16 x f32 interleave 1> %w group 16 : tensor<16x16xf32> -> memref<1x16x16xf32>
}

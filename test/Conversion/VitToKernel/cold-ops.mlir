// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --convert-vit-to-kernel --kernel-schedule --split-input-file --verify-diagnostics %s | FileCheck %s --implicit-check-not=memref.alloc --implicit-check-not=memref.copy

// What is moved and what is converted has a type of its own; the caller's memory has it too.
// CHECK-LABEL: func.func @types(
func.func @types(%x: tensor<2x3xi64>) -> (tensor<3x2xi64>, tensor<2x3xi1>) {
  // CHECK-SAME: %[[X:[^:]*]]: memref<2x3xi64>, %[[OUT:[^:]*]]: memref<3x2xi64> {kernel.output}, %[[TRUE:[^:]*]]: memref<2x3xi1> {kernel.output}
  // CHECK: kernel.map "transpose"(%[[X]]) into %[[OUT]] shape [3, 2] {{.*}} : memref<2x3xi64>, memref<3x2xi64> {
  // CHECK-NEXT: ^bb0(%[[A:.*]]: i64):
  // CHECK-NEXT: kernel.yield %[[A]] : i64
  %t = vit.transpose %x [1, 0] : (tensor<2x3xi64>) -> tensor<3x2xi64>
  // CHECK: kernel.map "cast"(%[[X]]) into %[[TRUE]] shape [6] tile [6] {{.*}} : memref<2x3xi64>, memref<2x3xi1> {
  // CHECK-NEXT: ^bb0(%[[A:.*]]: i64):
  // CHECK-NEXT: %[[B:.*]] = kernel.cast %[[A]] : i64 to i1
  // CHECK-NEXT: kernel.yield %[[B]] : i1
  %b = vit.cast %x : (tensor<2x3xi64>) -> tensor<2x3xi1>
  return %t, %b : tensor<3x2xi64>, tensor<2x3xi1>
}

// -----

// Broadcasting is in the accesses, dimensions that lie behind each other are one. A weight is packed as it is, a number as one element.
// CHECK: kernel.pack @b rows %{{.*}} : tensor<4xf32> -> memref<4xf32>
// CHECK: %[[ONE:.*]] = vit.weight_reshape %{{.*}} : (tensor<f32>) -> tensor<1xf32>
// CHECK: kernel.pack @s rows %[[ONE]] : tensor<1xf32> -> memref<1xf32>
// CHECK-LABEL: func.func @elementwise(
func.func @elementwise(%x: tensor<2x3x4xf32>, %c: tensor<3x1xf32>) -> tensor<2x3x4xf32> {
  // CHECK-SAME: %[[X:[^:]*]]: memref<2x3x4xf32>, %[[C:[^:]*]]: memref<3x1xf32>, %[[OUT:[^:]*]]: memref<2x3x4xf32>
  // CHECK: %[[B:.*]] = kernel.weight @weights::@b : memref<4xf32>
  %b = vit.weight "b" : tensor<4xf32>
  // CHECK: %[[Y:.*]] = kernel.buffer : memref<2x3x4xf32, strided<[12, 4, 1]>>
  // CHECK: kernel.map "add"(%[[X]], %[[B]]) into %[[Y]] shape [6, 4] tile [6, 4] accesses [#kernel.access<0 + [4, 1]>, #kernel.access<0 + [0, 1]>, #kernel.access<0 + [4, 1]>] :
  // CHECK-NEXT: ^bb0(%[[A0:.*]]: f32, %[[A1:.*]]: f32):
  // CHECK-NEXT: %[[SUM:.*]] = arith.addf %[[A0]], %[[A1]] : f32
  // CHECK-NEXT: kernel.yield %[[SUM]]
  %y = vit.add %x, %b : (tensor<2x3x4xf32>, tensor<4xf32>) -> tensor<2x3x4xf32>
  // CHECK: kernel.map "mul"(%[[C]], %[[Y]]) into %{{.*}} shape [2, 3, 4] tile [2, 3, 4] accesses [#kernel.access<0 + [0, 1, 0]>, #kernel.access<0 + [12, 4, 1]>, #kernel.access<0 + [12, 4, 1]>] :
  // CHECK: arith.mulf
  %z = vit.mul %c, %y : (tensor<3x1xf32>, tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  // CHECK: %[[S:.*]] = kernel.weight @weights::@s : memref<1xf32>
  %s = vit.weight "s" : tensor<f32>
  // CHECK: kernel.map "mul"(%{{.*}}, %[[S]]) into %{{.*}} shape [24] tile [24] accesses [#kernel.access<0 + [1]>, #kernel.access<0 + [0]>, #kernel.access<0 + [1]>] :
  %t = vit.mul %z, %s : (tensor<2x3x4xf32>, tensor<f32>) -> tensor<2x3x4xf32>
  // CHECK: kernel.map "scale"(
  // CHECK: %[[HALF:.*]] = arith.constant 5.000000e-01 : f32
  // CHECK: arith.mulf %{{.*}}, %[[HALF]]
  %u = vit.scale %t by 0.5 : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  // CHECK: kernel.map "activation"(%{{.*}}) into %[[OUT]]
  // CHECK: kernel.activation gelu %
  %v = vit.activation gelu %u : (tensor<2x3x4xf32>) -> tensor<2x3x4xf32>
  return %v : tensor<2x3x4xf32>
}

// -----

// CHECK-LABEL: func.func @sub(
func.func @sub(%x: tensor<3x4xf32>, %y: tensor<4xf32>) -> tensor<3x4xf32> {
  // CHECK-SAME: %[[X:[^:]*]]: memref<3x4xf32>, %[[Y:[^:]*]]: memref<4xf32>, %[[OUT:[^:]*]]: memref<3x4xf32>
  // CHECK: kernel.map "sub"(%[[X]], %[[Y]]) into %[[OUT]] shape [3, 4] tile [3, 4] accesses [#kernel.access<0 + [4, 1]>, #kernel.access<0 + [0, 1]>, #kernel.access<0 + [4, 1]>] :
  // CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32):
  // CHECK-NEXT: arith.subf %[[A]], %[[B]] : f32
  %d = vit.sub %x, %y : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  return %d : tensor<3x4xf32>
}

// -----

// CHECK-LABEL: func.func @div(
func.func @div(%x: tensor<3x4xf32>, %y: tensor<4xf32>) -> tensor<3x4xf32> {
  // CHECK: kernel.map "div"
  // CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32):
  // CHECK-NEXT: arith.divf %[[A]], %[[B]] : f32
  %d = vit.div %x, %y : (tensor<3x4xf32>, tensor<4xf32>) -> tensor<3x4xf32>
  return %d : tensor<3x4xf32>
}

// -----

// Tasks are boxes of about 8192 elements: whole dimensions from the last one on.
// CHECK-LABEL: func.func @tiles(
func.func @tiles(%x: tensor<197x200xf32>, %y: tensor<197x1xf32>, %z: tensor<40000xf32>) -> (tensor<197x200xf32>, tensor<40000xf32>) {
  // CHECK: shape [197, 200] tile [40, 200]
  %0 = vit.add %x, %y : (tensor<197x200xf32>, tensor<197x1xf32>) -> tensor<197x200xf32>
  // CHECK: shape [40000] tile [8192]
  %1 = vit.scale %z by 2.0 : (tensor<40000xf32>) -> tensor<40000xf32>
  return %0, %1 : tensor<197x200xf32>, tensor<40000xf32>
}

// -----

// CHECK-LABEL: func.func @softmax(
func.func @softmax(%x: tensor<2x5xf32>) -> tensor<2x5xf32> {
  // CHECK: kernel.softmax %{{.*}} into %{{.*}} rows_per_task 1638 : memref<2x5xf32>, memref<2x5xf32>
  %y = vit.softmax %x : (tensor<2x5xf32>) -> tensor<2x5xf32>
  return %y : tensor<2x5xf32>
}

// -----

// CHECK-LABEL: func.func @reduce_mean(
func.func @reduce_mean(%x: tensor<4x6xf32>) -> tensor<1x1xf32> {
  // CHECK: kernel.reduce mean %{{.*}} dim 0 into %[[Y:.*]] rows_per_task 341 columns_per_task 6 :
  %y = vit.reduce_mean %x dim 0 : (tensor<4x6xf32>) -> tensor<1x6xf32>
  // CHECK: kernel.reduce mean %[[Y]] dim 1 into %{{.*}} rows_per_task 1365 columns_per_task 1 :
  %z = vit.reduce_mean %y dim 1 : (tensor<1x6xf32>) -> tensor<1x1xf32>
  return %z : tensor<1x1xf32>
}

// -----

// CHECK-LABEL: func.func @reduce_max(
func.func @reduce_max(%x: tensor<4x6xf32>) -> tensor<1x1xf32> {
  // CHECK: kernel.reduce max %{{.*}} dim 0
  %y = vit.reduce_max %x dim 0 : (tensor<4x6xf32>) -> tensor<1x6xf32>
  // CHECK: kernel.reduce max %{{.*}} dim 1
  %z = vit.reduce_max %y dim 1 : (tensor<1x6xf32>) -> tensor<1x1xf32>
  return %z : tensor<1x1xf32>
}

// -----

// CHECK-LABEL: func.func @reduce_norm(
func.func @reduce_norm(%x: tensor<4x6xf32>) -> tensor<4x1xf32> {
  // CHECK: kernel.reduce norm %{{.*}} dim 1
  %y = vit.reduce_norm %x dim 1 : (tensor<4x6xf32>) -> tensor<4x1xf32>
  return %y : tensor<4x1xf32>
}

// -----

// CHECK-LABEL: func.func @movement(
func.func @movement(%x: tensor<3x4x6xf32>) -> (tensor<24x3xf32>, tensor<6x4xf32>, tensor<2x3x6xf32>) {
  // The dimension along which the input is contiguous comes before the last one, for squares.
  // CHECK: kernel.map "transpose"(%{{.*}}) into %[[T:.*]] shape [24, 3] tile [24, 3] accesses [#kernel.access<0 + [1, 24]>, #kernel.access<0 + [3, 1]>] :
  %t = vit.transpose %x [1, 2, 0] : (tensor<3x4x6xf32>) -> tensor<4x6x3xf32>
  // Elements that lie behind each other are a view; what the caller wants is copied.
  // CHECK: %[[R:.*]] = kernel.view %[[T]] at 0 : memref<4x6x3xf32, strided<[18, 3, 1]>> -> memref<24x3xf32, strided<[3, 1]>>
  %r = vit.reshape %t : (tensor<4x6x3xf32>) -> tensor<24x3xf32>
  // CHECK: kernel.map "slice"(%{{.*}}) into %{{.*}} shape [3, 12] tile [3, 12] accesses [#kernel.access<6 + [24, 1]>, #kernel.access<0 + [12, 1]>] :
  %s = vit.slice %x dim 1 [1, 2] : (tensor<3x4x6xf32>) -> tensor<3x2x6xf32>
  // CHECK: kernel.map "reshape"(%{{.*}}) into %{{.*}} shape [36] tile [36]
  // CHECK-NEXT: ^bb0(%[[E:.*]]: f32):
  // CHECK-NEXT: kernel.yield %[[E]]
  %q = vit.reshape %s : (tensor<3x2x6xf32>) -> tensor<2x3x6xf32>
  // CHECK: %[[W:.*]] = kernel.view %[[T]] at 0 : memref<4x6x3xf32, strided<[18, 3, 1]>> -> memref<6x3xf32, strided<[3, 1]>>
  %w = vit.slice %r dim 0 [0, 6] : (tensor<24x3xf32>) -> tensor<6x3xf32>
  // CHECK: kernel.map "slice"(%[[W]])
  %v = vit.slice %w dim 1 [0, 1] : (tensor<6x3xf32>) -> tensor<6x1xf32>
  // CHECK: kernel.map "concat"(%{{.*}}) into %[[J:.*]] shape [6, 3] tile [6, 3] accesses [#kernel.access<0 + [3, 1]>, #kernel.access<0 + [4, 1]>] :
  // CHECK: kernel.map "concat"(%{{.*}}) into %[[J]] shape [6] tile [6] accesses [#kernel.access<0 + [1]>, #kernel.access<3 + [4]>] :
  // CHECK: kernel.map "copy"(%[[R]])
  %c = vit.concat %w, %v dim 1 : (tensor<6x3xf32>, tensor<6x1xf32>) -> tensor<6x4xf32>
  return %r, %c, %q : tensor<24x3xf32>, tensor<6x4xf32>, tensor<2x3x6xf32>
}

// -----

// Between rows that are padded on both sides: one row is several of the other's, or elements are gathered first.
// CHECK-LABEL: func.func @reshape_rows(
func.func @reshape_rows(%x: tensor<6x4xf32>) -> tensor<8x3xf32> {
  // CHECK: %[[A:.*]] = kernel.buffer : memref<6x4xf32, strided<[16, 1]>>
  %0 = vit.softmax %x : (tensor<6x4xf32>) -> tensor<6x4xf32>
  // CHECK: kernel.map "reshape"(%[[A]]) into %[[B:.*]] shape [6, 2, 2] tile [6, 2, 2] accesses [#kernel.access<0 + [16, 2, 1]>, #kernel.access<0 + [32, 16, 1]>] :
  %1 = vit.reshape %0 : (tensor<6x4xf32>) -> tensor<12x2xf32>
  // CHECK: kernel.softmax %[[B]] into %[[C:.*]] rows_per_task
  %2 = vit.softmax %1 : (tensor<12x2xf32>) -> tensor<12x2xf32>
  // CHECK: kernel.map "reshape"(%[[C]]) into %[[D:.*]] shape [3, 4, 2] tile [3, 4, 2] accesses [#kernel.access<0 + [64, 16, 1]>, #kernel.access<0 + [16, 2, 1]>] :
  %3 = vit.reshape %2 : (tensor<12x2xf32>) -> tensor<3x8xf32>
  // CHECK: kernel.softmax %[[D]] into %[[E:.*]] rows_per_task
  %4 = vit.softmax %3 : (tensor<3x8xf32>) -> tensor<3x8xf32>
  // CHECK: %[[F:.*]] = kernel.buffer : memref<8x3xf32, strided<[16, 1]>>
  // CHECK: %[[G:.*]] = kernel.buffer : memref<24xf32>
  // CHECK: kernel.map "reshape"(%[[E]]) into %[[G]] shape [3, 8] tile [3, 8] accesses [#kernel.access<0 + [16, 1]>, #kernel.access<0 + [8, 1]>] :
  // CHECK: kernel.map "reshape"(%[[G]]) into %[[F]] shape [8, 3] tile [8, 3] accesses [#kernel.access<0 + [3, 1]>, #kernel.access<0 + [16, 1]>] :
  %5 = vit.reshape %4 : (tensor<3x8xf32>) -> tensor<8x3xf32>
  // CHECK: kernel.softmax %[[F]] into
  %6 = vit.softmax %5 : (tensor<8x3xf32>) -> tensor<8x3xf32>
  return %6 : tensor<8x3xf32>
}

// -----

// The right operand of a product is packed in panels.
// CHECK-LABEL: func.func @products(
func.func @products(%x: tensor<2x3x4xf32>, %y: tensor<2x4x5xf32>, %m: tensor<6x5xf32>) -> tensor<2x3x3xf32> {
  // CHECK: kernel.map "pack_columns"(%{{.*}}) into %[[Y:.*]] shape [8, 5] tile [8, 5] accesses [#kernel.access<0 + [5, 1]>, #kernel.access<0 + [16, 1]>]
  // CHECK: kernel.matmul %{{.*}}, %[[Y]] into %[[A:.*]] schedule <rows <1 x 3 + 0 x 0> panels 1 tiles_per_task 1 k_block 4 k_unroll 4> : memref<2x3x4xf32>, memref<2x1x4x16xf32>, memref<2x3x5xf32, strided<[48, 16, 1]>>
  %a = vit.matmul %x, %y : (tensor<2x3x4xf32>, tensor<2x4x5xf32>) -> tensor<2x3x5xf32>
  %w = vit.weight "w" : tensor<6x5xf32>
  %b = vit.weight "b" : tensor<6xf32>
  // Weights known at compile time have a schedule, whatever the rank of the input.
  // CHECK: kernel.linear %[[A]], %{{.*}} bias %{{.*}} into %[[L:.*]] activation none schedule <rows <1 x 6 + 0 x 0>
  %l = vit.linear %a, %w, %b : (tensor<2x3x5xf32>, tensor<6x5xf32>, tensor<6xf32>) -> tensor<2x3x6xf32>
  // CHECK: kernel.map "pack_columns"(%{{.*}}) into %[[M:.*]] shape [5, 6] tile [5, 6] accesses [#kernel.access<0 + [1, 5]>, #kernel.access<0 + [16, 1]>]
  // CHECK: kernel.matmul %[[A]], %[[M]] into %[[N:.*]] schedule <rows <1 x 6 + 0 x 0>
  %n = vit.linear %a, %m : (tensor<2x3x5xf32>, tensor<6x5xf32>) -> tensor<2x3x6xf32>
  // CHECK: kernel.map "pack_columns"(%[[N]]) into %[[T:.*]] shape [2, 6, 3] tile [2, 6, 3] accesses [#kernel.access<0 + [48, 1, 16]>, #kernel.access<0 + [96, 16, 1]>]
  // CHECK: kernel.matmul %[[L]], %[[T]] into
  %c = vit.matmul %l, %n {transpose_rhs} : (tensor<2x3x6xf32>, tensor<2x3x6xf32>) -> tensor<2x3x3xf32>
  return %c : tensor<2x3x3xf32>
}

// -----

// CHECK: %[[T:.*]] = vit.weight_transpose %{{.*}} [2, 3, 1, 0] : (tensor<6x2x3x3xf32>) -> tensor<3x3x2x6xf32>
// CHECK: kernel.pack @w rows %[[T]] : tensor<3x3x2x6xf32> -> memref<3x3x2x16xf32>
// CHECK-LABEL: func.func @conv2d(
func.func @conv2d(%x: tensor<8x8x4xf32>) -> tensor<4x4x6xf32> {
  %w = vit.weight "w" : tensor<6x2x3x3xf32>
  %b = vit.weight "b" : tensor<6xf32>
  // CHECK: %[[P:.*]] = kernel.weight @weights::@w : memref<3x3x2x16xf32>
  // CHECK: kernel.conv2d %{{.*}}, %[[P]] bias %{{.*}} into %{{.*}} stride [2, 2] padding [1, 1, 1, 1] dilation [1, 1] groups 2 activation none pixels {{[0-9]+}} :
  %y = vit.conv2d %x, %w, %b {stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>, groups = 2 : i64} : (tensor<8x8x4xf32>, tensor<6x2x3x3xf32>, tensor<6xf32>) -> tensor<4x4x6xf32>
  return %y : tensor<4x4x6xf32>
}

// -----

// What is not computed in its place is copied: arguments, weights, results that are read or returned again.
// CHECK-LABEL: func.func @copies(
func.func @copies(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) {
  // CHECK-SAME: %[[X:[^:]*]]: memref<4xf32>, %[[A:[^:]*]]: memref<4xf32> {{.*}}, %[[B:[^:]*]]: memref<4xf32> {{.*}}, %[[C:[^:]*]]: memref<4xf32> {{.*}}, %[[D:[^:]*]]: memref<4xf32>
  %w = vit.weight "w" : tensor<4xf32>
  // CHECK: kernel.map "scale"(%[[X]]) into %[[Y:.*]] shape
  %y = vit.scale %x by 2.0 : (tensor<4xf32>) -> tensor<4xf32>
  // CHECK-DAG: kernel.map "copy"(%[[X]]) into %[[A]]
  // CHECK-DAG: kernel.map "copy"(%[[Y]]) into %[[B]]
  // CHECK-DAG: kernel.map "copy"(%[[Y]]) into %[[C]]
  // CHECK-DAG: %[[W:.*]] = kernel.weight
  // CHECK-DAG: kernel.map "copy"(%[[W]]) into %[[D]]
  return %x, %y, %y, %w : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// -----

// A table that is not in the form of heads is read as it is.
// CHECK-LABEL: func.func @rotary(
func.func @rotary(%x: tensor<2x4x6xf32>) -> tensor<2x4x6xf32> {
  %t = vit.weight_sinusoids grid [3] origin [0.0] step [1.0] theta 100.0 : tensor<2x3x3xf32>
  // CHECK: kernel.rotary %{{.*}} by %[[T:.*]] interleaved into %{{.*}} : memref<2x4x6xf32>, memref<2x3x3xf32>, memref<2x4x6xf32>
  %0 = vit.rotary %x by %t {interleaved} : (tensor<2x4x6xf32>, tensor<2x3x3xf32>) -> tensor<2x4x6xf32>
  return %0 : tensor<2x4x6xf32>
}

// -----

// The last panel is narrower.
// CHECK-LABEL: func.func @pack_columns(
func.func @pack_columns(%x: tensor<2x3x4xf32>, %y: tensor<2x20x4xf32>) -> tensor<2x3x20xf32> {
  // CHECK: %[[P:.*]] = kernel.buffer : memref<2x2x4x16xf32>
  // CHECK: kernel.map "pack_columns"(%{{.*}}) into %[[P]] shape [2, 4, 16] tile [2, 4, 16] accesses [#kernel.access<0 + [80, 1, 4]>, #kernel.access<0 + [128, 16, 1]>]
  // CHECK: kernel.map "pack_columns"(%{{.*}}) into %[[P]] shape [2, 4, 4] tile [2, 4, 4] accesses [#kernel.access<64 + [80, 1, 4]>, #kernel.access<64 + [128, 16, 1]>]
  %0 = vit.matmul %x, %y {transpose_rhs} : (tensor<2x3x4xf32>, tensor<2x20x4xf32>) -> tensor<2x3x20xf32>
  return %0 : tensor<2x3x20xf32>
}

// -----

// CHECK-LABEL: func.func @pool2d(
func.func @pool2d(%x: tensor<8x8x4xf32>) -> tensor<4x4x4xf32> {
  // CHECK: kernel.pool2d max %{{.*}} into %{{.*}} window [3, 3] stride [2, 2] padding [1, 1, 1, 1] dilation [1, 1] : memref<8x8x4xf32>, memref<4x4x4xf32>
  %y = vit.pool2d max %x window [3, 3] {stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<8x8x4xf32>) -> tensor<4x4x4xf32>
  return %y : tensor<4x4x4xf32>
}

// -----

// CHECK-LABEL: func.func @fused_conv2d(
func.func @fused_conv2d(%x: tensor<8x8x4xf32>) -> tensor<8x8x4xf32> {
  %w = vit.weight "w" : tensor<4x4x3x3xf32>
  // CHECK: kernel.conv2d %[[X:.*]], %{{.*}} residual %[[X]] into %{{.*}} stride [1, 1] padding [1, 1, 1, 1] dilation [1, 1] groups 1 activation relu window [3, 3] pixels {{[0-9]+}} :
  %y = vit.fused_conv2d %x, %w residual %x activation relu stride [1, 1] padding [1, 1, 1, 1] dilation [1, 1] groups 1 : (tensor<8x8x4xf32>, tensor<4x4x3x3xf32>, tensor<8x8x4xf32>) -> tensor<8x8x4xf32>
  return %y : tensor<8x8x4xf32>
}

// -----

// Neighbours and factors are tables, one for each axis.
// CHECK: %[[R:.*]] = vit.weight_resample_taps bilinear from 8 to 20 : tensor<20x3xf32>
// CHECK: kernel.pack @[[ROWS:.*]] rows %[[R]] : tensor<20x3xf32> -> memref<20x3xf32>
// CHECK: %[[C:.*]] = vit.weight_resample_taps bilinear from 1 to 5 : tensor<5x2xf32>
// CHECK-LABEL: func.func @resize2d(
func.func @resize2d(%x: tensor<8x1x4xf32>) -> tensor<20x5x4xf32> {
  // CHECK: kernel.resize2d %{{.*}} rows %{{.*}} columns %{{.*}} into %{{.*}} : memref<8x1x4xf32>, memref<20x3xf32>, memref<5x2xf32>, memref<20x5x4xf32>
  %y = vit.resize2d bilinear %x size [20, 5] : (tensor<8x1x4xf32>) -> tensor<20x5x4xf32>
  return %y : tensor<20x5x4xf32>
}

// -----

// A side at a time, then the input in the middle.
// CHECK-LABEL: func.func @pad(
func.func @pad(%x: tensor<4x6xf32>) -> tensor<5x9xf32> {
  // CHECK: kernel.map "pad"() into %[[Y:.*]] shape [9] tile [9] accesses [#kernel.access<0 + [1]>]
  // CHECK: kernel.map "pad"() into %[[Y]] shape [4, 2] tile [4, 2] accesses [#kernel.access<9 + [9, 1]>]
  // CHECK: kernel.map "pad"() into %[[Y]] shape [4] tile [4] accesses [#kernel.access<17 + [9]>]
  // CHECK: kernel.map "pad"(%{{.*}}) into %[[Y]] shape [4, 6] tile [4, 6] accesses [#kernel.access<0 + [6, 1]>, #kernel.access<11 + [9, 1]>]
  %y = vit.pad %x low [1, 2] high [0, 1] {value = 0.5 : f64} : (tensor<4x6xf32>) -> tensor<5x9xf32>
  return %y : tensor<5x9xf32>
}

// -----

// Windows that overlap are read through strides.
// CHECK-LABEL: func.func @unfold2d(
func.func @unfold2d(%x: tensor<5x6x4xf32>) -> tensor<2x4x3x2x4xf32> {
  // CHECK: kernel.map "unfold2d"(%{{.*}}) into %{{.*}} shape [2, 4, 3, 2, 4] tile [2, 4, 3, 2, 4] accesses [#kernel.access<0 + [48, 4, 24, 8, 1]>, #kernel.access<0 + [96, 24, 8, 4, 1]>]
  %y = vit.unfold2d %x window [3, 2] {stride = array<i64: 2, 1>, dilation = array<i64: 1, 2>} : (tensor<5x6x4xf32>) -> tensor<2x4x3x2x4xf32>
  return %y : tensor<2x4x3x2x4xf32>
}

// -----

// Before indices are used they are looked at; what is an input but for type and shape has its name and shape there.
// CHECK-LABEL: func.func @gather(
func.func @gather(%x: tensor<5x6x4xf32>, %i: tensor<2x3xi64>) -> tensor<5x2x3x4xf32> {
  // CHECK: %[[FOUND:.*]] = kernel.buffer : memref<2xi64>
  // CHECK: kernel.check_indices %{{.*}} into %[[FOUND]] check <6, [2, 3]> : memref<2x3xi64>, memref<2xi64>
  // CHECK: kernel.gather %{{.*}} by %{{.*}} dim 1 into %{{.*}} rows_per_task 2048 : memref<5x6x4xf32>, memref<2x3xi64>, memref<5x2x3x4xf32
  %y = vit.gather %x by %i dim 1 : (tensor<5x6x4xf32>, tensor<2x3xi64>) -> tensor<5x2x3x4xf32>
  return %y : tensor<5x2x3x4xf32>
}

// -----

// CHECK-LABEL: func.func @gather_by_input(
func.func @gather_by_input(%x: tensor<5x4xf32>, %i: tensor<2x3xui8> {vit.name = "ids"}) -> (tensor<6x4xf32>, tensor<2x3x4xf32>) {
  // CHECK: kernel.check_indices %{{.*}} into %{{.*}} check <5, [2, 3], "ids"> : memref<6xi32, strided<[1]>>, memref<2xi64>
  %0 = vit.cast %i : (tensor<2x3xui8>) -> tensor<2x3xi32>
  %1 = vit.reshape %0 : (tensor<2x3xi32>) -> tensor<6xi32>
  %y = vit.gather %x by %1 dim 0 : (tensor<5x4xf32>, tensor<6xi32>) -> tensor<6x4xf32>
  // Of what is computed from an input, places are others.
  // CHECK: kernel.check_indices %{{.*}} into %{{.*}} check <5, [2, 3]> : memref<2x3xi64, strided<[3, 1]>>, memref<2xi64>
  %2 = vit.cast %i : (tensor<2x3xui8>) -> tensor<2x3xf32>
  %3 = vit.scale %2 by 0.5 : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %4 = vit.cast %3 : (tensor<2x3xf32>) -> tensor<2x3xi64>
  %z = vit.gather %x by %4 dim 0 : (tensor<5x4xf32>, tensor<2x3xi64>) -> tensor<2x3x4xf32>
  return %y, %z : tensor<6x4xf32>, tensor<2x3x4xf32>
}

// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --convert-kernel-to-vector --canonicalize %s | FileCheck %s --implicit-check-not=math.exp

// CHECK-LABEL: func.func @steps(
func.func @steps(%x: memref<5x36xf32>, %y: memref<5x36xf32>, %columns: memref<1x36xf32>, %rows: memref<5x1xf32>) {
  // CHECK: kernel.launch "softmax" @[[$SOFTMAX:.*]](%{{.*}}) tasks 3 flops 900
  kernel.softmax %x into %y rows_per_task 2 : memref<5x36xf32>, memref<5x36xf32>
  // CHECK: kernel.launch "reduce_mean" @[[$MEAN:.*]](%{{.*}}) tasks 1 flops 180
  kernel.reduce mean %x dim 0 into %columns rows_per_task 1 columns_per_task 36 : memref<5x36xf32>, memref<1x36xf32>
  // CHECK: kernel.launch "reduce_max" @[[$MAX:.*]](%{{.*}}) tasks 2 flops 180
  kernel.reduce max %x dim 1 into %rows rows_per_task 4 columns_per_task 1 : memref<5x36xf32>, memref<5x1xf32>
  %l = kernel.buffer : memref<2x5x8xf32>
  %r = kernel.buffer : memref<2x2x8x16xf32>
  %b = kernel.buffer : memref<20xf32>
  %o = kernel.buffer : memref<2x5x20xf32>
  // Two matrices, two tiles of columns.
  // CHECK: kernel.launch "matmul" @[[$MATMUL:.*]](%{{.*}}) tasks 4 flops 3200
  kernel.matmul %l, %r bias %b into %o schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1 k_block 8 k_unroll 1>
    : memref<2x5x8xf32>, memref<2x2x8x16xf32>, memref<20xf32>, memref<2x5x20xf32>
  %i = kernel.buffer : memref<6x8x4xf32>
  %f = kernel.buffer : memref<3x3x4x32xf32>
  %g = kernel.buffer : memref<6x8x20xf32>
  // A row of the output each.
  // CHECK: kernel.launch "conv2d" @[[$CONV:.*]](%{{.*}}) tasks 6 flops 69120
  kernel.conv2d %i, %f bias %b into %g stride [1, 1] padding [1, 1, 1, 1] dilation [1, 1] groups 1 activation none pixels 3
    : memref<6x8x4xf32>, memref<3x3x4x32xf32>, memref<20xf32>, memref<6x8x20xf32>
  %d = kernel.buffer : memref<1x1x1x16xf32>
  %h = kernel.buffer : memref<6x8x4xf32>
  // CHECK: kernel.launch "conv2d" @[[$EACH:.*]](%{{.*}}) tasks 6 flops 384
  kernel.conv2d %i, %d into %h stride [1, 1] padding [0, 0, 0, 0] dilation [1, 1] groups 4 activation none pixels 3
    : memref<6x8x4xf32>, memref<1x1x1x16xf32>, memref<6x8x4xf32>
  %p = kernel.buffer : memref<2x36x16xf32>
  // Panels and two blocks of rows: six of each.
  // CHECK: kernel.launch "conv2d" @[[$PANELS:.*]](%{{.*}}) tasks 12 flops 69120
  kernel.conv2d %i, %p into %g stride [1, 1] padding [1, 1, 1, 1] dilation [1, 1] groups 1 activation relu window [3, 3] pixels 6
    : memref<6x8x4xf32>, memref<2x36x16xf32>, memref<6x8x20xf32>
  %q = kernel.buffer : memref<3x4x4xf32>
  // CHECK: kernel.launch "pool2d" @[[$POOL:.*]](%{{.*}}) tasks 3 flops 432
  kernel.pool2d average %i into %q window [3, 3] stride [2, 2] padding [1, 1, 1, 1] dilation [1, 1] : memref<6x8x4xf32>, memref<3x4x4xf32>
  %t = kernel.buffer : memref<9x3xf32>
  %c = kernel.buffer : memref<5x6xf32>
  %z = kernel.buffer : memref<9x5x4xf32>
  // CHECK: kernel.launch "resize2d" @[[$RESIZE:.*]](%{{.*}}) tasks 9 flops 3600
  kernel.resize2d %i rows %t columns %c into %z : memref<6x8x4xf32>, memref<9x3xf32>, memref<5x6xf32>, memref<9x5x4xf32>
  return
}

// Past the last column the maximum sees minus infinity, the sum zero.
// CHECK: func.func private @[[$SOFTMAX]](
// CHECK-DAG: %[[LOWEST:.*]] = arith.constant dense<0xFF800000> : vector<8xf32>
// CHECK: scf.for
// CHECK: arith.cmpf ogt
// CHECK: arith.select %{{.*}}, %{{.*}}, %[[LOWEST]]
// CHECK: vector.fma
// CHECK: arith.divf
// CHECK: arith.mulf
// CHECK: vector.maskedstore

// Sums of columns stay in registers.
// CHECK: func.func private @[[$MEAN]](
// CHECK: %{{.*}}:5 = scf.for {{.*}} iter_args
// CHECK-COUNT-5: arith.addf
// CHECK: scf.yield
// CHECK: arith.mulf

// A NaN is kept.
// CHECK: func.func private @[[$MAX]](
// CHECK: arith.maximumf
// CHECK-NOT: arith.cmpf
// CHECK: memref.store

// Four columns of the second tile are left over.
// CHECK: func.func private @[[$MATMUL]](
// CHECK: vector.maskedload
// CHECK: %{{.*}}:10 = scf.for
// CHECK: vector.fma
// CHECK: vector.create_mask
// CHECK: vector.maskedstore

// Tiles of three, three and two pixels, in two vectors each. For whole
// panels, then for the outputs that are left over.
// CHECK: func.func private @[[$CONV]](
// CHECK: %{{.*}}:6 = scf.for
// CHECK: %{{.*}}:6 = scf.for
// CHECK: %{{.*}}:4 = scf.for
// CHECK: vector.maskedload

// Vectors of channels.
// CHECK: func.func private @[[$EACH]](
// CHECK-NOT: vector.broadcast
// CHECK: vector.maskedload
// CHECK: vector.fma
// CHECK: vector.maskedstore

// One panel of the filters for all rows of the task.
// CHECK: func.func private @[[$PANELS]](
// CHECK: scf.for
// CHECK: vector.load %{{.*}} : memref<2x36x16xf32>, vector<8xf32>
// CHECK: vector.fma

// Channels are vectors; a window is divided by its elements within the map, which depend on the place.
// CHECK: func.func private @[[$POOL]](
// CHECK: scf.for
// CHECK: arith.sitofp
// CHECK: arith.divf
// CHECK: vector.maskedload
// CHECK: arith.addf
// CHECK: arith.mulf
// CHECK: vector.maskedstore

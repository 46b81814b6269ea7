// RUN: vitc-opt --kernel-set-target=cpu=x86-64-v3 --kernel-schedule --convert-kernel-to-vector --cse %s | FileCheck %s

// 6 tiles of 4 x 4 in one block, one pass for the first two panels and one for the third.
// CHECK: kernel.launch "winograd_conv2d" @[[CONV:.*]](%{{.*}}) tasks 2 flops 2211840
// CHECK: func.func private @[[CONV]](
// One tile of a vector of channels between the halves of a transform.
// CHECK: %[[BETWEEN:.*]] = memref.alloca() : memref<288xf32>
// Inputs: rows outside of the map are zero.
// CHECK: vector.store %{{.*}}, %[[BETWEEN]][
// Tiles at the left edge, at the right one, and between: the first column of an inner tile is loaded.
// CHECK: arith.cmpi eq, %{{.*}}, %c0
// CHECK: scf.if
// CHECK-COUNT-5: vector.load %{{.*}} : memref<8x12x32xf32>, vector<8xf32>
// CHECK-NOT: vector.load
// CHECK: vector.fma
// CHECK: arith.cmpi eq, %{{.*}}, %c2
// CHECK: scf.if
// CHECK-COUNT-5: vector.load %{{.*}} : memref<8x12x32xf32>, vector<8xf32>
// CHECK-NOT: vector.load %{{.*}} : memref<8x12x32xf32>
// CHECK: } else {
// CHECK-COUNT-6: vector.load %{{.*}} : memref<8x12x32xf32>, vector<8xf32>
// CHECK-NOT: vector.load %{{.*}} : memref<8x12x32xf32>
// The other half, into scratch, behind the sums.
// CHECK-COUNT-6: vector.load %[[BETWEEN]]
// CHECK: vector.store %{{.*}} : memref<6x36x64xf32>, vector<8xf32>
// The products: 6 tiles by a panel of two vectors for each of 36 positions.
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c36
// CHECK: %{{.*}}:12 = scf.for %{{.*}} = %c0{{.*}} to %c32
// CHECK-COUNT-12: vector.fma
// Outputs.
// CHECK: vector.store %{{.*}} : memref<8x12x40xf32>, vector<8xf32>
func.func @f(%x: memref<8x12x32xf32>, %u: memref<3x1152x16xf32>, %b: memref<40xf32>, %y: memref<8x12x40xf32>) {
  kernel.winograd_conv2d %x, %u bias %b into %y padding [1, 1, 1, 1] tile 4 activation relu : memref<8x12x32xf32>, memref<3x1152x16xf32>, memref<40xf32>, memref<8x12x40xf32>
  return
}

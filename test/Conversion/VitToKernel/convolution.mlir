// RUN: vitc-opt --convert-vit-to-kernel --split-input-file %s | FileCheck %s
// RUN: vitc-opt --convert-vit-to-kernel=winograd=false --split-input-file %s | FileCheck %s --check-prefix=OFF --implicit-check-not=winograd

// A large map in tiles of 4 x 4, whose filters are transformed at compile time; bias, residual and activation are its epilogue.
// CHECK: %[[W:.*]] = vit.weight "w" : tensor<64x48x3x3xf32>
// CHECK: %[[U:.*]] = vit.weight_winograd %[[W]] tile 4 : (tensor<64x48x3x3xf32>) -> tensor<64x36x48xf32>
// CHECK: %[[M:.*]] = vit.weight_reshape %[[U]] : (tensor<64x36x48xf32>) -> tensor<64x1728xf32>
// CHECK: kernel.pack @{{.*}} panels<16 x f32 interleave 1> %[[M]] group 64 : tensor<64x1728xf32> -> memref<4x1728x16xf32>
// CHECK-LABEL: func.func @large(
// CHECK: kernel.winograd_conv2d %{{.*}}, %{{.*}} bias %{{.*}} residual %{{.*}} into %{{.*}} padding [1, 1, 1, 1] tile 4 activation relu : memref<28x28x48xf32>, memref<4x1728x16xf32>, memref<64xf32>, memref<28x28x64xf32>, memref<28x28x64xf32>
// OFF: kernel.conv2d %{{.*}}, %{{.*}} bias %{{.*}} residual %{{.*}} into %{{.*}} stride [1, 1] padding [1, 1, 1, 1] dilation [1, 1] groups 1 activation relu window [3, 3] :
func.func @large(%x: tensor<28x28x48xf32>, %r: tensor<28x28x64xf32>) -> tensor<28x28x64xf32> {
  %w = vit.weight "w" : tensor<64x48x3x3xf32>
  %b = vit.weight "b" : tensor<64xf32>
  %y = vit.fused_conv2d %x, %w bias %b residual %r activation relu stride [1, 1] padding [1, 1, 1, 1] dilation [1, 1] groups 1 : (tensor<28x28x48xf32>, tensor<64x48x3x3xf32>, tensor<64xf32>, tensor<28x28x64xf32>) -> tensor<28x28x64xf32>
  return %y : tensor<28x28x64xf32>
}

// -----

// Four tiles of 4 x 4 would not repay the reading of four times as many filters.
// CHECK-LABEL: func.func @deep(
// CHECK: kernel.winograd_conv2d {{.*}} tile 2 activation none : memref<7x7x512xf32>, memref<32x8192x16xf32>, memref<7x7x512xf32>
func.func @deep(%x: tensor<7x7x512xf32>) -> tensor<7x7x512xf32> {
  %w = vit.weight "w" : tensor<512x512x3x3xf32>
  %y = vit.conv2d %x, %w {padding = array<i64: 1, 1, 1, 1>} : (tensor<7x7x512xf32>, tensor<512x512x3x3xf32>) -> tensor<7x7x512xf32>
  return %y : tensor<7x7x512xf32>
}

// -----

// Tiles of outputs have no inputs in common if there is a stride.
// CHECK-LABEL: func.func @stride(
// CHECK-NOT: winograd
// CHECK: kernel.conv2d
func.func @stride(%x: tensor<57x57x64xf32>) -> tensor<28x28x64xf32> {
  %w = vit.weight "w" : tensor<64x64x3x3xf32>
  %y = vit.conv2d %x, %w {stride = array<i64: 2, 2>} : (tensor<57x57x64xf32>, tensor<64x64x3x3xf32>) -> tensor<28x28x64xf32>
  return %y : tensor<28x28x64xf32>
}

// -----

// The same for dilation.
// CHECK-LABEL: func.func @dilation(
// CHECK-NOT: winograd
// CHECK: kernel.conv2d
func.func @dilation(%x: tensor<60x60x64xf32>) -> tensor<56x56x64xf32> {
  %w = vit.weight "w" : tensor<64x64x3x3xf32>
  %y = vit.conv2d %x, %w {dilation = array<i64: 2, 2>} : (tensor<60x60x64xf32>, tensor<64x64x3x3xf32>) -> tensor<56x56x64xf32>
  return %y : tensor<56x56x64xf32>
}

// -----

// Groups have few channels each.
// CHECK-LABEL: func.func @groups(
// CHECK-NOT: winograd
// CHECK: kernel.conv2d
func.func @groups(%x: tensor<58x58x64xf32>) -> tensor<56x56x64xf32> {
  %w = vit.weight "w" : tensor<64x32x3x3xf32>
  %y = vit.conv2d %x, %w {groups = 2 : i64} : (tensor<58x58x64xf32>, tensor<64x32x3x3xf32>) -> tensor<56x56x64xf32>
  return %y : tensor<56x56x64xf32>
}

// -----

// Other filters.
// CHECK-LABEL: func.func @five(
// CHECK-NOT: winograd
// CHECK: kernel.conv2d
func.func @five(%x: tensor<60x60x64xf32>) -> tensor<56x56x64xf32> {
  %w = vit.weight "w" : tensor<64x64x5x5xf32>
  %y = vit.conv2d %x, %w {} : (tensor<60x60x64xf32>, tensor<64x64x5x5xf32>) -> tensor<56x56x64xf32>
  return %y : tensor<56x56x64xf32>
}

// -----

// CHECK-LABEL: func.func @wide(
// CHECK-NOT: winograd
// CHECK: kernel.conv2d
func.func @wide(%x: tensor<58x58x64xf32>) -> tensor<56x58x64xf32> {
  %w = vit.weight "w" : tensor<64x64x3x1xf32>
  %y = vit.conv2d %x, %w {} : (tensor<58x58x64xf32>, tensor<64x64x3x1xf32>) -> tensor<56x58x64xf32>
  return %y : tensor<56x58x64xf32>
}

// -----

// Tiles that lie in the padding altogether.
// CHECK-LABEL: func.func @padding(
// CHECK-NOT: winograd
// CHECK: kernel.conv2d
func.func @padding(%x: tensor<56x56x64xf32>) -> tensor<60x60x64xf32> {
  %w = vit.weight "w" : tensor<64x64x3x3xf32>
  %y = vit.conv2d %x, %w {padding = array<i64: 3, 3, 3, 3>} : (tensor<56x56x64xf32>, tensor<64x64x3x3xf32>) -> tensor<60x60x64xf32>
  return %y : tensor<60x60x64xf32>
}

// -----

// One output.
// CHECK-LABEL: func.func @pixel(
// CHECK-NOT: winograd
// CHECK: kernel.conv2d
func.func @pixel(%x: tensor<3x3x512xf32>) -> tensor<1x1x512xf32> {
  %w = vit.weight "w" : tensor<512x512x3x3xf32>
  %y = vit.conv2d %x, %w {} : (tensor<3x3x512xf32>, tensor<512x512x3x3xf32>) -> tensor<1x1x512xf32>
  return %y : tensor<1x1x512xf32>
}

// -----

// Transforms would take longer than the products.
// CHECK-LABEL: func.func @first(
// CHECK-NOT: winograd
// CHECK: kernel.conv2d
func.func @first(%x: tensor<64x64x3xf32>) -> tensor<62x62x16xf32> {
  %w = vit.weight "w" : tensor<16x3x3x3xf32>
  %y = vit.conv2d %x, %w {} : (tensor<64x64x3xf32>, tensor<16x3x3x3xf32>) -> tensor<62x62x16xf32>
  return %y : tensor<62x62x16xf32>
}

// -----

// Filters that are known at run time only.
// CHECK-LABEL: func.func @activations(
// CHECK-NOT: winograd
// CHECK: kernel.conv2d
func.func @activations(%x: tensor<30x30x48xf32>, %w: tensor<64x48x3x3xf32>) -> tensor<28x28x64xf32> {
  %y = vit.conv2d %x, %w : (tensor<30x30x48xf32>, tensor<64x48x3x3xf32>) -> tensor<28x28x64xf32>
  return %y : tensor<28x28x64xf32>
}

// -----

// The few channels of a picture are read where they are.
// CHECK-LABEL: func.func @picture(
// CHECK-SAME: %[[X:[^:]*]]: memref<3x64x48xf32>
// CHECK-NOT: kernel.map
// CHECK: kernel.conv2d %[[X]], %{{.*}} into %{{.*}} stride [2, 2] padding [1, 1, 1, 1] dilation [1, 1] groups 1 activation none window [3, 3] channels_first : memref<3x64x48xf32>, memref<2x27x16xf32>, memref<32x24x32xf32>
// CHECK-NOT: kernel.map
func.func @picture(%x: tensor<3x64x48xf32>) -> tensor<32x24x32xf32> {
  %w = vit.weight "w" : tensor<32x3x3x3xf32>
  %t = vit.transpose %x [1, 2, 0] : (tensor<3x64x48xf32>) -> tensor<64x48x3xf32>
  %y = vit.conv2d %t, %w {stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<64x48x3xf32>, tensor<32x3x3x3xf32>) -> tensor<32x24x32xf32>
  return %y : tensor<32x24x32xf32>
}

// -----

// For another reader they are brought together all the same; many channels are read from one place for each pixel.
// CHECK-LABEL: func.func @also_read(
// CHECK: kernel.map "transpose"
// CHECK: kernel.map "transpose"
// CHECK: kernel.conv2d {{.*}} channels_first :
// CHECK: kernel.conv2d {{.*}} window [3, 3] :
func.func @also_read(%x: tensor<3x64x48xf32>, %m: tensor<8x64x48xf32>) -> (tensor<64x48x3xf32>, tensor<32x24x32xf32>, tensor<32x24x32xf32>) {
  %w = vit.weight "w" : tensor<32x3x3x3xf32>
  %v = vit.weight "v" : tensor<32x8x3x3xf32>
  %t = vit.transpose %x [1, 2, 0] : (tensor<3x64x48xf32>) -> tensor<64x48x3xf32>
  %r = vit.activation relu %t : (tensor<64x48x3xf32>) -> tensor<64x48x3xf32>
  %u = vit.transpose %m [1, 2, 0] : (tensor<8x64x48xf32>) -> tensor<64x48x8xf32>
  %y = vit.conv2d %t, %w {stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<64x48x3xf32>, tensor<32x3x3x3xf32>) -> tensor<32x24x32xf32>
  %z = vit.conv2d %u, %v {stride = array<i64: 2, 2>, padding = array<i64: 1, 1, 1, 1>} : (tensor<64x48x8xf32>, tensor<32x8x3x3xf32>) -> tensor<32x24x32xf32>
  return %r, %y, %z : tensor<64x48x3xf32>, tensor<32x24x32xf32>, tensor<32x24x32xf32>
}

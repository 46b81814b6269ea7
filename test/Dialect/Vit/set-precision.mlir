// RUN: vitc-opt --vit-set-precision=emit-remarks --split-input-file %s 2>%t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK < %t

module attributes {vit.precision = #vit.precision<int8>, vit.keep_f32 = ["head", "layer.*.fc1"]} {
  // CHECK-LABEL: @both
  func.func @both(%x: tensor<5x64xf32>, %run: tensor<8x64xf32>) -> (tensor<1x2x5x16xf32>, tensor<5x32xf32>, tensor<5x32xf32>, tensor<5x32xf32>, tensor<5x8xf32>, tensor<5x8xf32>, tensor<160xf32>) {
    %w = vit.weight "w" : tensor<32x64xf32>
    // CHECK: vit.fused_head_projection %{{.*}}, %{{.*}} precision<int8> {num_heads
    %0 = vit.fused_head_projection %x, %w {num_heads = 2 : i64, parts = 1 : i64} : (tensor<5x64xf32>, tensor<32x64xf32>) -> tensor<1x2x5x16xf32>
    // CHECK: vit.fused_linear %{{.*}}, %{{.*}} activation gelu precision<int8> :
    %1 = vit.fused_linear %x, %w activation gelu : (tensor<5x64xf32>, tensor<32x64xf32>) -> tensor<5x32xf32> loc("layer.1.fc2")

    // Named by a pattern.
    // CHECK: vit.fused_linear %{{.*}}, %{{.*}} : (tensor<5x64xf32>
    // REMARK: stays f32: its name is among those to keep
    %2 = vit.fused_linear %x, %w : (tensor<5x64xf32>, tensor<32x64xf32>) -> tensor<5x32xf32> loc("layer.1.fc1")
    // CHECK: vit.fused_linear %{{.*}}, %{{.*}} : (tensor<5x64xf32>
    // REMARK: stays f32: its name is among those to keep
    %3 = vit.fused_linear %x, %w : (tensor<5x64xf32>, tensor<32x64xf32>) -> tensor<5x32xf32> loc("head")

    // A weight of the run.
    // CHECK: vit.fused_linear %{{.*}}, %{{.*}} : (tensor<5x64xf32>, tensor<8x64xf32>)
    // REMARK: stays f32: its weight is computed at run time
    %4 = vit.fused_linear %x, %run : (tensor<5x64xf32>, tensor<8x64xf32>) -> tensor<5x8xf32> loc("run")
    // Few products.
    %shallow = vit.slice %x dim 1 [0, 31] : (tensor<5x64xf32>) -> tensor<5x31xf32>
    %v = vit.weight "v" : tensor<8x31xf32>
    // CHECK: vit.fused_linear %{{.*}}, %{{.*}} : (tensor<5x31xf32>, tensor<8x31xf32>)
    // REMARK: stays f32: its sums have 31 terms, and not 32 to 65536
    %5 = vit.fused_linear %shallow, %v : (tensor<5x31xf32>, tensor<8x31xf32>) -> tensor<5x8xf32> loc("shallow")
    // What is returned.
    // CHECK: vit.fused_linear %{{.*}}, %{{.*}} activation relu : (tensor<5x64xf32>, tensor<32x64xf32>)
    // REMARK: stays f32: it is the last one, whose error nothing hides
    %6 = vit.fused_linear %x, %w activation relu : (tensor<5x64xf32>, tensor<32x64xf32>) -> tensor<5x32xf32> loc("last")
    %7 = vit.reshape %6 : (tensor<5x32xf32>) -> tensor<160xf32>
    %r0 = vit.scale %0 by 1.5 : (tensor<1x2x5x16xf32>) -> tensor<1x2x5x16xf32>
    %r1 = vit.scale %1 by 1.5 : (tensor<5x32xf32>) -> tensor<5x32xf32>
    %r2 = vit.scale %2 by 1.5 : (tensor<5x32xf32>) -> tensor<5x32xf32>
    %r3 = vit.scale %3 by 1.5 : (tensor<5x32xf32>) -> tensor<5x32xf32>
    %r4 = vit.scale %4 by 1.5 : (tensor<5x8xf32>) -> tensor<5x8xf32>
    %r5 = vit.scale %5 by 1.5 : (tensor<5x8xf32>) -> tensor<5x8xf32>
    return %r0, %r1, %r2, %r3, %r4, %r5, %7 : tensor<1x2x5x16xf32>, tensor<5x32xf32>, tensor<5x32xf32>, tensor<5x32xf32>, tensor<5x8xf32>, tensor<5x8xf32>, tensor<160xf32>
  }
}

// -----

// A module that says nothing stays f32.
// CHECK-LABEL: @f32
// CHECK-NOT: precision
// CHECK: return
func.func @f32(%x: tensor<5x64xf32>) -> tensor<5x32xf32> {
  %w = vit.weight "w" : tensor<32x64xf32>
  %0 = vit.fused_linear %x, %w : (tensor<5x64xf32>, tensor<32x64xf32>) -> tensor<5x32xf32>
  return %0 : tensor<5x32xf32>
}

// -----

// Products of bf16 want pairs; attention is said for itself.
module attributes {vit.precision = #vit.precision<bf16>, vit.attention = #vit.precision<bf16>, vit.keep_f32 = ["kept"]} {
  // CHECK-LABEL: @bf16
  func.func @bf16(%x: tensor<5x64xf32>, %p: tensor<3x2x5x16xf32>, %odd: tensor<3x2x5x15xf32>) -> (tensor<5x32xf32>, tensor<5x8xf32>, tensor<5x32xf32>, tensor<5x30xf32>, tensor<5x32xf32>) {
    %w = vit.weight "w" : tensor<32x64xf32>
    // CHECK: vit.fused_linear %{{.*}}, %{{.*}} precision<bf16> :
    %0 = vit.fused_linear %x, %w : (tensor<5x64xf32>, tensor<32x64xf32>) -> tensor<5x32xf32>
    %33 = vit.slice %x dim 1 [0, 33] : (tensor<5x64xf32>) -> tensor<5x33xf32>
    %v = vit.weight "v" : tensor<8x33xf32>
    // CHECK: vit.fused_linear %{{.*}}, %{{.*}} : (tensor<5x33xf32>, tensor<8x33xf32>)
    // REMARK: stays f32: its sums have an odd number of terms
    %1 = vit.fused_linear %33, %v : (tensor<5x33xf32>, tensor<8x33xf32>) -> tensor<5x8xf32>
    // CHECK: vit.fused_attention {{.*}} scale 2.500000e-01 precision<bf16> :
    %2 = vit.fused_attention %p[0], %p[1], %p[2] scale 0.25 : (tensor<3x2x5x16xf32>, tensor<3x2x5x16xf32>, tensor<3x2x5x16xf32>) -> tensor<5x32xf32>
    // CHECK: vit.fused_attention {{.*}} scale 2.500000e-01 :
    // REMARK: stays f32: its heads have 15 features, an odd number
    %3 = vit.fused_attention %odd[0], %odd[1], %odd[2] scale 0.25 : (tensor<3x2x5x15xf32>, tensor<3x2x5x15xf32>, tensor<3x2x5x15xf32>) -> tensor<5x30xf32>
    // CHECK: vit.fused_attention {{.*}} scale 5.000000e-01 :
    // REMARK: stays f32: its name is among those to keep
    %4 = vit.fused_attention %p[0], %p[1], %p[2] scale 0.5 : (tensor<3x2x5x16xf32>, tensor<3x2x5x16xf32>, tensor<3x2x5x16xf32>) -> tensor<5x32xf32> loc("kept")
    %r0 = vit.scale %0 by 1.5 : (tensor<5x32xf32>) -> tensor<5x32xf32>
    %r1 = vit.scale %1 by 1.5 : (tensor<5x8xf32>) -> tensor<5x8xf32>
    return %r0, %r1, %2, %3, %4 : tensor<5x32xf32>, tensor<5x8xf32>, tensor<5x32xf32>, tensor<5x30xf32>, tensor<5x32xf32>
  }
}

// -----

// Attention alone.
module attributes {vit.attention = #vit.precision<bf16>} {
  // CHECK-LABEL: @attention
  func.func @attention(%x: tensor<5x64xf32>, %p: tensor<3x2x5x16xf32>) -> (tensor<5x32xf32>, tensor<5x32xf32>) {
    %w = vit.weight "w" : tensor<32x64xf32>
    // CHECK: vit.fused_linear %{{.*}}, %{{.*}} :
    %0 = vit.fused_linear %x, %w : (tensor<5x64xf32>, tensor<32x64xf32>) -> tensor<5x32xf32>
    // CHECK: vit.fused_attention {{.*}} precision<bf16> :
    %1 = vit.fused_attention %p[0], %p[1], %p[2] scale 0.25 : (tensor<3x2x5x16xf32>, tensor<3x2x5x16xf32>, tensor<3x2x5x16xf32>) -> tensor<5x32xf32>
    %r0 = vit.scale %0 by 1.5 : (tensor<5x32xf32>) -> tensor<5x32xf32>
    return %r0, %1 : tensor<5x32xf32>, tensor<5x32xf32>
  }
}

// -----

// Patch embeddings go with attention, unless they are returned.
module attributes {vit.precision = #vit.precision<int8>, vit.attention = #vit.precision<bf16>} {
  // CHECK-LABEL: @patch_embedding
  func.func @patch_embedding(%x: tensor<3x8x12xf32>, %y: tensor<3x8x9xf32>) -> (tensor<7x24xf32>, tensor<7x24xf32>, tensor<7x24xf32>) {
    %w = vit.weight "w" : tensor<24x3x4x4xf32>
    %odd = vit.weight "odd" : tensor<24x3x4x3xf32>
    %a = vit.weight "a" : tensor<7x24xf32>
    // CHECK: vit.fused_patch_embedding {{.*}} precision<bf16> :
    %0 = vit.fused_patch_embedding %x, %w, %a : (tensor<3x8x12xf32>, tensor<24x3x4x4xf32>, tensor<7x24xf32>) -> tensor<7x24xf32>
    // CHECK: vit.fused_patch_embedding %{{.*}}, %{{.*}}, %{{[0-9]+}} :
    // REMARK: stays f32: its patches have 3 columns, an odd number
    %1 = vit.fused_patch_embedding %y, %odd, %a : (tensor<3x8x9xf32>, tensor<24x3x4x3xf32>, tensor<7x24xf32>) -> tensor<7x24xf32>
    // CHECK: vit.fused_patch_embedding %{{.*}}, %{{.*}}, %{{[0-9]+}} :
    // REMARK: stays f32: it is the last one, whose error nothing hides
    %2 = vit.fused_patch_embedding %x, %w, %a : (tensor<3x8x12xf32>, tensor<24x3x4x4xf32>, tensor<7x24xf32>) -> tensor<7x24xf32>
    %r0 = vit.scale %0 by 1.5 : (tensor<7x24xf32>) -> tensor<7x24xf32>
    %r1 = vit.scale %1 by 1.5 : (tensor<7x24xf32>) -> tensor<7x24xf32>
    return %r0, %r1, %2 : tensor<7x24xf32>, tensor<7x24xf32>, tensor<7x24xf32>
  }
}

// -----

// With f32 what is said of attention is not said of them.
module attributes {vit.attention = #vit.precision<bf16>} {
  // CHECK-LABEL: @patch_embedding_f32
  func.func @patch_embedding_f32(%x: tensor<3x8x12xf32>) -> tensor<7x24xf32> {
    %w = vit.weight "w" : tensor<24x3x4x4xf32>
    %a = vit.weight "a" : tensor<7x24xf32>
    // CHECK: vit.fused_patch_embedding %{{.*}}, %{{.*}}, %{{[0-9]+}} :
    %0 = vit.fused_patch_embedding %x, %w, %a : (tensor<3x8x12xf32>, tensor<24x3x4x4xf32>, tensor<7x24xf32>) -> tensor<7x24xf32>
    %1 = vit.scale %0 by 1.5 : (tensor<7x24xf32>) -> tensor<7x24xf32>
    return %1 : tensor<7x24xf32>
  }
}

// RUN: vitc-opt %s | vitc-opt | FileCheck %s
// RUN: vitc-opt --mlir-print-op-generic %s | vitc-opt | FileCheck %s

// CHECK-LABEL: func.func @buffers(
func.func @buffers() {
  // CHECK: kernel.weight @weights::@panels : memref<2x8x16xf32>
  %panels = kernel.weight @weights::@panels : memref<2x8x16xf32>
  %rows = kernel.weight @weights::@rows : memref<20x16xf32>
  // CHECK: kernel.buffer : memref<8x16xf32>
  %a = kernel.buffer : memref<8x16xf32>
  // CHECK: kernel.buffer at 64 : memref<8x10xf32, strided<[16, 1]>>
  %b = kernel.buffer at 64 : memref<8x10xf32, strided<[16, 1]>>
  // CHECK: kernel.scratch : memref<4x32xf32>
  %s = kernel.scratch : memref<4x32xf32>
  return
}

// CHECK-LABEL: func.func @steps(
// CHECK-SAME: %[[X:.*]]: memref<5x8xf32>, %[[IMAGE:.*]]: memref<3x4x8xf32>)
func.func @steps(%x: memref<5x8xf32>, %image: memref<3x4x8xf32>) {
  %panels = kernel.weight @weights::@panels_2 : memref<6x8x16xf32>
  %bias = kernel.weight @weights::@bias : memref<6x1x16xf32>
  // CHECK: %[[HEADS:.*]] = kernel.buffer : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>
  %heads = kernel.buffer : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>
  // CHECK: kernel.linear %[[X]], %{{.*}} bias %{{.*}} into %[[HEADS]] activation none schedule <rows <1 x 3 + 1 x 2> panels 1 tiles_per_task 2 k_block 256 k_unroll 4> :
  kernel.linear %x, %panels bias %bias into %heads activation none schedule <rows <1 x 3 + 1 x 2> panels 1 tiles_per_task 2 k_block 256 k_unroll 4>
    : memref<5x8xf32>, memref<6x8x16xf32>, memref<6x1x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>
  %entries = kernel.weight @weights::@entries : memref<2x4x16xf32>
  // CHECK: kernel.rotary %[[HEADS]] by %{{.*}} interleaved into %[[HEADS]] :
  kernel.rotary %heads by %entries interleaved into %heads : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x4x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>
  %keys = kernel.buffer : memref<2x1x8x16xf32>
  // CHECK: kernel.pack_keys %[[HEADS]][1] into %[[KEYS:.*]] :
  kernel.pack_keys %heads[1] into %keys : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>
  %context = kernel.buffer : memref<5x16xf32>
  %scores = kernel.scratch : memref<3x16xf32>
  // CHECK: kernel.attention %[[HEADS]][0], %[[KEYS]], %[[HEADS]][2] into %[[CONTEXT:.*]] scratch %{{.*}} head_dim 8 keys 5 scale 5.000000e-01 schedule <rows <1 x 3 + 1 x 2> panels 1 tiles_per_task 2> :
  kernel.attention %heads[0], %keys, %heads[2] into %context scratch %scores head_dim 8 keys 5 scale 0.5 schedule <rows <1 x 3 + 1 x 2> panels 1 tiles_per_task 2>
    : memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<2x1x8x16xf32>, memref<3x2x5x8xf32, strided<[160, 80, 16, 1]>>, memref<5x16xf32>, memref<3x16xf32>
  %panels2 = kernel.weight @weights::@panels2 : memref<1x16x16xf32>
  %y = kernel.buffer : memref<5x8xf32, strided<[16, 1]>>
  // CHECK: kernel.linear %[[CONTEXT]], %{{.*}} residual %[[X]] into %[[Y:.*]] activation gelu schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1> :
  kernel.linear %context, %panels2 residual %x into %y activation gelu schedule <rows <5 x 1 + 0 x 0> panels 1 tiles_per_task 1 k_block 256 k_unroll 1>
    : memref<5x16xf32>, memref<1x16x16xf32>, memref<5x8xf32>, memref<5x8xf32, strided<[16, 1]>>
  %g = kernel.weight @weights::@g : memref<8xf32>
  // CHECK: kernel.layer_norm %[[Y]] weight %[[G:.*]] bias %[[G]] into %[[Y]] epsilon 5.000000e-01 rows_per_task 2 :
  kernel.layer_norm %y weight %g bias %g into %y epsilon 0.5 rows_per_task 2
    : memref<5x8xf32, strided<[16, 1]>>, memref<8xf32>, memref<8xf32>, memref<5x8xf32, strided<[16, 1]>>
  // CHECK: kernel.layer_norm %[[Y]] into %[[Y]] epsilon 5.000000e-01 rows_per_task 2 :
  kernel.layer_norm %y into %y epsilon 0.5 rows_per_task 2 : memref<5x8xf32, strided<[16, 1]>>, memref<5x8xf32, strided<[16, 1]>>
  // CHECK: kernel.layer_norm %[[Y]] into %[[Y]] epsilon 5.000000e-01 rows_per_task 2 {rms} :
  kernel.layer_norm %y into %y epsilon 0.5 rows_per_task 2 {rms} : memref<5x8xf32, strided<[16, 1]>>, memref<5x8xf32, strided<[16, 1]>>
  %ppanels = kernel.weight @weights::@ppanels : memref<1x48x16xf32>
  %addend = kernel.weight @weights::@addend : memref<3x16xf32>
  %tokens = kernel.buffer : memref<3x8xf32, strided<[16, 1]>>
  // CHECK: kernel.patch_embedding %[[IMAGE]], %{{.*}}, %{{.*}} into %{{.*}} patch [4, 4] schedule <rows <1 x 2 + 0 x 0> panels 1> :
  kernel.patch_embedding %image, %ppanels, %addend into %tokens patch [4, 4] schedule <rows <1 x 2 + 0 x 0> panels 1>
    : memref<3x4x8xf32>, memref<1x48x16xf32>, memref<3x16xf32>, memref<3x8xf32, strided<[16, 1]>>
  // CHECK: kernel.map "add"(%[[Y]], %[[Y]]) into %[[X]] shape [5, 8] tile [2, 8] accesses [#kernel.access<0 + [16, 1]>, #kernel.access<3 + [16, 0]>, #kernel.access<0 + [8, 1]>] :
  // CHECK-NEXT: ^bb0(%[[A:.*]]: f32, %[[B:.*]]: f32):
  // CHECK-NEXT: %[[C:.*]] = arith.addf %[[A]], %[[B]] : f32
  // CHECK-NEXT: %[[D:.*]] = kernel.activation gelu %[[C]]
  // CHECK-NEXT: kernel.yield %[[D]]
  kernel.map "add" (%y, %y) into %x shape [5, 8] tile [2, 8]
    accesses [#kernel.access<0 + [16, 1]>, #kernel.access<3 + [16, 0]>, #kernel.access<0 + [8, 1]>]
    : memref<5x8xf32, strided<[16, 1]>>, memref<5x8xf32, strided<[16, 1]>>, memref<5x8xf32> {
  ^bb0(%e0: f32, %e1: f32):
    %e2 = arith.addf %e0, %e1 : f32
    %e3 = kernel.activation gelu %e2
    kernel.yield %e3 : f32
  }
  // CHECK: kernel.view %[[X]] at 64 : memref<5x8xf32> -> memref<2x8xf32>
  %view = kernel.view %x at 64 : memref<5x8xf32> -> memref<2x8xf32>
  %bytes = kernel.buffer : memref<5x8xui8>
  // CHECK: kernel.map "cast"(%[[X]]) into %{{.*}} : memref<5x8xf32>, memref<5x8xui8> {
  // CHECK-NEXT: ^bb0(%[[A:.*]]: f32):
  // CHECK-NEXT: %[[B:.*]] = kernel.cast %[[A]] : f32 to ui8
  // CHECK-NEXT: kernel.yield %[[B]] : ui8
  kernel.map "cast" (%x) into %bytes shape [40] tile [40] accesses [#kernel.access<0 + [1]>, #kernel.access<0 + [1]>] : memref<5x8xf32>, memref<5x8xui8> {
  ^bb0(%e0: f32):
    %e1 = kernel.cast %e0 : f32 to ui8
    kernel.yield %e1 : ui8
  }
  // CHECK: kernel.softmax %[[X]] into %[[X]] rows_per_task 2 :
  kernel.softmax %x into %x rows_per_task 2 : memref<5x8xf32>, memref<5x8xf32>
  %first = kernel.buffer : memref<1x8xf32>
  // CHECK: kernel.reduce max %[[X]] dim 0 into %{{.*}} rows_per_task 1 columns_per_task 8 :
  kernel.reduce max %x dim 0 into %first rows_per_task 1 columns_per_task 8 : memref<5x8xf32>, memref<1x8xf32>
  %numbers = kernel.buffer : memref<3xi32>
  %rows = kernel.buffer : memref<3x8xf32>
  // CHECK: kernel.gather %[[X]] by %{{.*}} dim 0 into %{{.*}} rows_per_task 2 : memref<5x8xf32>, memref<3xi32>, memref<3x8xf32>
  kernel.gather %x by %numbers dim 0 into %rows rows_per_task 2 : memref<5x8xf32>, memref<3xi32>, memref<3x8xf32>
  %found = kernel.buffer : memref<2xi64>
  // CHECK: kernel.check_indices %{{.*}} into %[[FOUND:.*]] check <5, [1, 3], "ids"> : memref<3xi32>, memref<2xi64>
  kernel.check_indices %numbers into %found check <5, [1, 3], "ids"> : memref<3xi32>, memref<2xi64>
  %number = kernel.buffer : memref<1xi64>
  // CHECK: kernel.check_indices %{{.*}} into %[[FOUND]] check <5, []> : memref<1xi64>, memref<2xi64>
  kernel.check_indices %number into %found check <5, []> : memref<1xi64>, memref<2xi64>
  %right = kernel.buffer : memref<1x1x8x16xf32>
  %offsets = kernel.buffer : memref<10xf32>
  %product = kernel.buffer : memref<5x10xf32>
  // CHECK: kernel.matmul %[[X]], %{{.*}} bias %{{.*}} into %{{.*}} schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1 k_block 8 k_unroll 4> :
  kernel.matmul %x, %right bias %offsets into %product schedule <rows <1 x 5 + 0 x 0> panels 1 tiles_per_task 1 k_block 8 k_unroll 4>
    : memref<5x8xf32>, memref<1x1x8x16xf32>, memref<10xf32>, memref<5x10xf32>
  %filters = kernel.buffer : memref<2x3x3x16xf32>
  %map = kernel.buffer : memref<4x8x3xf32>
  %result = kernel.buffer : memref<3x8x10xf32>
  // CHECK: kernel.conv2d %{{.*}}, %{{.*}} bias %{{.*}} into %{{.*}} stride [1, 1] padding [0, 1, 0, 1] dilation [1, 1] groups 1 activation none pixels 6 :
  kernel.conv2d %map, %filters bias %offsets into %result stride [1, 1] padding [0, 1, 0, 1] dilation [1, 1] groups 1 activation none pixels 6
    : memref<4x8x3xf32>, memref<2x3x3x16xf32>, memref<10xf32>, memref<3x8x10xf32>
  // CHECK: kernel.conv2d %{{.*}}, %{{.*}} residual %{{.*}} into %{{.*}} stride [1, 1] padding [0, 1, 0, 1] dilation [1, 1] groups 1 activation relu :
  %shortcut = kernel.buffer : memref<3x8x10xf32>
  kernel.conv2d %map, %filters residual %shortcut into %result stride [1, 1] padding [0, 1, 0, 1] dilation [1, 1] groups 1 activation relu
    : memref<4x8x3xf32>, memref<2x3x3x16xf32>, memref<3x8x10xf32>, memref<3x8x10xf32>
  %filterPanels = kernel.buffer : memref<1x18x16xf32>
  // CHECK: kernel.conv2d %{{.*}}, %{{.*}} into %{{.*}} stride [1, 1] padding [0, 1, 0, 1] dilation [1, 1] groups 1 activation none window [2, 3] pixels 6 :
  kernel.conv2d %map, %filterPanels into %result stride [1, 1] padding [0, 1, 0, 1] dilation [1, 1] groups 1 activation none window [2, 3] pixels 6
    : memref<4x8x3xf32>, memref<1x18x16xf32>, memref<3x8x10xf32>
  %transformed = kernel.buffer : memref<1x108x16xf32>
  %same = kernel.buffer : memref<4x8x10xf32>
  // CHECK: kernel.winograd_conv2d %{{.*}}, %{{.*}} into %{{.*}} padding [1, 1, 1, 1] tile 4 activation relu : memref<4x8x3xf32>, memref<1x108x16xf32>, memref<4x8x10xf32>
  kernel.winograd_conv2d %map, %transformed into %same padding [1, 1, 1, 1] tile 4 activation relu : memref<4x8x3xf32>, memref<1x108x16xf32>, memref<4x8x10xf32>
  %other = kernel.buffer : memref<4x8x10xf32>
  %working = kernel.scratch : memref<2x36x48xf32>
  // CHECK: kernel.winograd_conv2d %{{.*}}, %{{.*}} bias %{{.*}} residual %{{.*}} into %{{.*}} scratch %{{.*}} padding [1, 1, 1, 1] tile 4 activation none schedule <rows <1 x 2 + 0 x 0> panels 1 tiles_per_task 1 k_block 4 k_unroll 1> panels_per_task 1 :
  kernel.winograd_conv2d %map, %transformed bias %offsets residual %other into %same scratch %working padding [1, 1, 1, 1] tile 4 activation none
    schedule <rows <1 x 2 + 0 x 0> panels 1 tiles_per_task 1 k_block 4 k_unroll 1> panels_per_task 1
    : memref<4x8x3xf32>, memref<1x108x16xf32>, memref<10xf32>, memref<4x8x10xf32>, memref<4x8x10xf32>, memref<2x36x48xf32>
  %picture = kernel.buffer : memref<3x4x8xf32>
  // CHECK: kernel.conv2d %{{.*}}, %{{.*}} into %{{.*}} stride [1, 1] padding [0, 1, 0, 1] dilation [1, 1] groups 1 activation none window [2, 3] channels_first pixels 6 :
  kernel.conv2d %picture, %filterPanels into %result stride [1, 1] padding [0, 1, 0, 1] dilation [1, 1] groups 1 activation none window [2, 3] channels_first pixels 6
    : memref<3x4x8xf32>, memref<1x18x16xf32>, memref<3x8x10xf32>
  %rowTaps = kernel.buffer : memref<9x3xf32>
  %columnTaps = kernel.buffer : memref<5x5xf32>
  %resized = kernel.buffer : memref<9x5x3xf32>
  // CHECK: kernel.resize2d %{{.*}} rows %{{.*}} columns %{{.*}} into %{{.*}} : memref<4x8x3xf32>, memref<9x3xf32>, memref<5x5xf32>, memref<9x5x3xf32>
  kernel.resize2d %map rows %rowTaps columns %columnTaps into %resized : memref<4x8x3xf32>, memref<9x3xf32>, memref<5x5xf32>, memref<9x5x3xf32>
  %cut = kernel.buffer : memref<6x9x3xf32>
  // CHECK: kernel.windows %{{.*}} into %[[CUT:.*]] <map[4, 8] window[3, 3] shift[1, 2]> : memref<4x8x3xf32>, memref<6x9x3xf32>
  kernel.windows %map into %cut <map [4, 8] window [3, 3] shift [1, 2]> : memref<4x8x3xf32>, memref<6x9x3xf32>
  %joined = kernel.buffer : memref<4x8x3xf32>
  // CHECK: kernel.windows %[[CUT]] into %{{.*}} <map[4, 8] window[3, 3] shift[1, 2]> merges : memref<6x9x3xf32>, memref<4x8x3xf32>
  kernel.windows %cut into %joined <map [4, 8] window [3, 3] shift [1, 2]> merges : memref<6x9x3xf32>, memref<4x8x3xf32>
  %pixels = kernel.buffer : memref<36x8xf32>
  %projection = kernel.buffer : memref<2x8x9x5xf32, strided<[1152, 144, 16, 1]>>
  %windowPanels = kernel.buffer : memref<4x8x16xf32>
  // CHECK: kernel.linear %{{.*}}, %{{.*}} into %[[P:.*]] activation none windows <map[6, 6] window[3, 3] shift[1, 0]> :
  kernel.linear %pixels, %windowPanels into %projection activation none windows <map [6, 6] window [3, 3] shift [1, 0]> : memref<36x8xf32>, memref<4x8x16xf32>, memref<2x8x9x5xf32, strided<[1152, 144, 16, 1]>>
  %windowKeys = kernel.buffer : memref<8x1x5x16xf32>
  %edges = kernel.buffer : memref<4x1x9x16xf32>
  %factors = kernel.buffer : memref<2xf32>
  %attended = kernel.buffer : memref<30x10xf32>
  // CHECK: kernel.attention %[[P]][0], %{{.*}}, %[[P]][1] bias %{{.*}} factors %{{.*}} into %{{.*}} head_dim 5 keys 9 scale 1.0{{.*}} windows <map[5, 6] window[3, 3] shift[1, 0]> :
  kernel.attention %projection[0], %windowKeys, %projection[1] bias %edges factors %factors into %attended head_dim 5 keys 9 scale 1.0 windows <map [5, 6] window [3, 3] shift [1, 0]>
    : memref<2x8x9x5xf32, strided<[1152, 144, 16, 1]>>, memref<8x1x5x16xf32>, memref<2x8x9x5xf32, strided<[1152, 144, 16, 1]>>, memref<4x1x9x16xf32>, memref<2xf32>, memref<30x10xf32>
  %distances = kernel.buffer : memref<1x5x16xf32>
  // CHECK: kernel.attention %[[P]][0], %{{.*}}, %[[P]][1] positions %{{.*}} grid [3, 3] into %{{.*}} head_dim 5 keys 9 scale 1.0{{.*}} windows <map[5, 6] window[3, 3] shift[1, 0]> :
  kernel.attention %projection[0], %windowKeys, %projection[1] positions %distances grid [3, 3] into %attended head_dim 5 keys 9 scale 1.0 windows <map [5, 6] window [3, 3] shift [1, 0]>
    : memref<2x8x9x5xf32, strided<[1152, 144, 16, 1]>>, memref<8x1x5x16xf32>, memref<2x8x9x5xf32, strided<[1152, 144, 16, 1]>>, memref<1x5x16xf32>, memref<30x10xf32>
  %half = kernel.buffer : memref<2x4x3xf32>
  // CHECK: kernel.pool2d average %{{.*}} into %{{.*}} window [2, 2] stride [2, 2] padding [0, 0, 0, 0] dilation [1, 1] {count_include_pad} : memref<4x8x3xf32>, memref<2x4x3xf32>
  kernel.pool2d average %map into %half window [2, 2] stride [2, 2] padding [0, 0, 0, 0] dilation [1, 1] {count_include_pad} : memref<4x8x3xf32>, memref<2x4x3xf32>
  // CHECK: kernel.launch "copy" @copy(%[[Y]], %[[X]]) tasks 3 flops 1 :
  kernel.launch "copy" @copy(%y, %x) tasks 3 flops 1 : memref<5x8xf32, strided<[16, 1]>>, memref<5x8xf32>
  return
}

func.func private @copy(index, memref<5x8xf32, strided<[16, 1]>>, memref<5x8xf32>)
// CHECK: kernel.weights @weights {
kernel.weights @weights {
  %w = vit.weight "w" : tensor<20x8xf32>
  // CHECK: kernel.pack @panels panels<16 x f32 interleave 1> %{{.*}} group 10 : tensor<20x8xf32> -> memref<2x8x16xf32>
  kernel.pack @panels panels<16 x f32 interleave 1> %w group 10 : tensor<20x8xf32> -> memref<2x8x16xf32>
  // CHECK: kernel.pack @rows rows %{{.*}} at 128 : tensor<20x8xf32> -> memref<20x16xf32>
  kernel.pack @rows rows %w at 128 : tensor<20x8xf32> -> memref<20x16xf32>
  %w_2 = vit.weight "w" : tensor<48x8xf32>
  kernel.pack @panels_2 panels<16 x f32 interleave 1> %w_2 group 8 : tensor<48x8xf32> -> memref<6x8x16xf32>
  %b = vit.weight "b" : tensor<48x1xf32>
  kernel.pack @bias panels<16 x f32 interleave 1> %b group 8 : tensor<48x1xf32> -> memref<6x1x16xf32>
  %t = vit.weight "t" : tensor<2x4x8xf32>
  kernel.pack @entries rows %t : tensor<2x4x8xf32> -> memref<2x4x16xf32>
  %w2 = vit.weight "w2" : tensor<8x16xf32>
  kernel.pack @panels2 panels<16 x f32 interleave 1> %w2 group 8 : tensor<8x16xf32> -> memref<1x16x16xf32>
  %gamma = vit.weight "gamma" : tensor<8xf32>
  kernel.pack @g rows %gamma : tensor<8xf32> -> memref<8xf32>
  %pw = vit.weight "pw" : tensor<8x48xf32>
  kernel.pack @ppanels panels<16 x f32 interleave 1> %pw group 8 : tensor<8x48xf32> -> memref<1x48x16xf32>
  %add = vit.weight "add" : tensor<3x8xf32>
  kernel.pack @addend rows %add : tensor<3x8xf32> -> memref<3x16xf32>
}

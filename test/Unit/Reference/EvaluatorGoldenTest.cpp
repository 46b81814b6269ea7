//===- EvaluatorGoldenTest.cpp - the reference against PyTorch --*- C++ -*-===//
//
// The cases are made by test/Reference/make_goldens.py.
//
//===----------------------------------------------------------------------===//

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"
#include "vitc/Reference/Evaluator.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include "gtest/gtest.h"

#include <cmath>
#include <map>
#include <set>

using namespace mlir;
using namespace vitc;

namespace {

Tensor64 tensorOf(const llvm::json::Object &json) {
  std::vector<int64_t> shape;
  std::vector<double> values;
  for (const llvm::json::Value &size : *json.getArray("shape"))
    shape.push_back(*size.getAsInteger());
  for (const llvm::json::Value &value : *json.getArray("values"))
    values.push_back(*value.getAsNumber());
  return {shape, std::move(values)};
}

/// The weights of one case.
class GoldenWeights : public WeightSource {
public:
  explicit GoldenWeights(const llvm::json::Object &json) {
    for (const auto &[name, value] : json) {
      Tensor64 tensor = tensorOf(*value.getAsObject());
      infos[name.str()] = {DType::F32, tensor.shape};
      tensors[name.str()] = tensor;
    }
  }

  std::vector<std::string> names() const override { return {}; }
  const TensorInfo *find(llvm::StringRef name) const override {
    auto info = infos.find(name.str());
    return info == infos.end() ? nullptr : &info->second;
  }
  llvm::Error read(llvm::StringRef name, int64_t first, int64_t count, float *out) const override {
    const std::vector<double> &values = tensors.find(name.str())->second.values;
    std::copy(values.begin() + first, values.begin() + first + count, out);
    return llvm::Error::success();
  }

private:
  std::map<std::string, TensorInfo> infos;
  std::map<std::string, Tensor64> tensors;
};

llvm::json::Array readGoldens() {
  auto file = llvm::MemoryBuffer::getFile(GOLDENS_FILE);
  llvm::json::Value json = llvm::cantFail(llvm::json::parse((*file)->getBuffer()));
  return std::move(*json.getAsArray());
}

class EvaluatorTest : public testing::Test {
protected:
  EvaluatorTest() : context(MLIRContext::Threading::DISABLED) {
    context.loadDialect<vit::VitDialect, func::FuncDialect>();
  }

  func::FuncOp parse(llvm::StringRef ir) {
    module = parseSourceString<ModuleOp>(ir, &context);
    return module ? *module->getOps<func::FuncOp>().begin() : func::FuncOp();
  }

  /// The message of the error that evaluating `ir` gives.
  std::string errorOf(llvm::StringRef ir, llvm::ArrayRef<Tensor64> inputs) {
    llvm::json::Object weights{{"w", llvm::json::Object{{"shape", {2}}, {"values", {1.0, 2.0}}}}};
    llvm::Expected<std::vector<Tensor64>> results = evaluate(parse(ir), inputs, GoldenWeights(weights));
    return results ? "none" : llvm::toString(results.takeError());
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(EvaluatorTest, AgreesWithPyTorch) {
  llvm::json::Array goldens = readGoldens();
  std::set<llvm::StringRef> opsSeen;
  for (const llvm::json::Value &golden : goldens) {
    const llvm::json::Object &json = *golden.getAsObject();
    SCOPED_TRACE(json.getString("name")->str());
    func::FuncOp function = parse(*json.getString("ir"));
    ASSERT_TRUE(function);
    std::vector<Tensor64> inputs;
    for (const llvm::json::Value &input : *json.getArray("inputs"))
      inputs.push_back(tensorOf(*input.getAsObject()));
    Tensor64 expected = tensorOf(*json.getObject("expected"));
    auto results = evaluate(function, inputs, GoldenWeights(*json.getObject("weights")));
    ASSERT_TRUE(bool(results)) << llvm::toString(results.takeError());
    ASSERT_EQ(results->size(), 1u);
    ASSERT_EQ(results->front().shape, expected.shape);
    for (int64_t index = 0; index < expected.size(); ++index)
      EXPECT_NEAR(results->front().values[index], expected.values[index],
                  1e-14 * std::max(1.0, std::abs(expected.values[index])))
          << "at " << index;
    function.walk([&](Operation *op) { opsSeen.insert(op->getName().getStringRef()); });
  }
  // No op is forgotten.
  for (RegisteredOperationName name : context.getRegisteredOperations()) {
    if (name.getDialectNamespace() == "vit") {
      EXPECT_TRUE(opsSeen.count(name.getStringRef())) << name.getStringRef().str();
    }
  }
}

TEST_F(EvaluatorTest, NamesMissingWeight) {
  EXPECT_EQ(errorOf(R"(func.func @f() -> tensor<2xf32> {
    %0 = vit.weight "v" : tensor<2xf32>
    return %0 : tensor<2xf32>
  })",
                    {}),
            "no tensor 'v' in the weights");
}

TEST_F(EvaluatorTest, NamesWeightOfOtherShape) {
  EXPECT_EQ(errorOf(R"(func.func @f() -> tensor<3xf32> {
    %0 = vit.weight "w" : tensor<3xf32>
    return %0 : tensor<3xf32>
  })",
                    {}),
            "tensor 'w' has another shape in the weights");
}

TEST_F(EvaluatorTest, RefusesOtherInputs) {
  llvm::StringRef ir = "func.func @f(%0: tensor<2xf32>) -> tensor<2xf32> { return %0 : tensor<2xf32> }";
  EXPECT_EQ(errorOf(ir, {}), "function 'f' has 1 arguments, but got 0");
  EXPECT_EQ(errorOf(ir, {Tensor64(llvm::ArrayRef<int64_t>{3})}), "input 0 has another shape than the argument");
  EXPECT_EQ(errorOf(ir, {Tensor64(llvm::ArrayRef<int64_t>{2})}), "none");
}

TEST_F(EvaluatorTest, RefusesOtherDialects) {
  EXPECT_EQ(errorOf(R"(func.func @f(%0: tensor<2xf32>) -> tensor<2xf32> {
    %1 = func.call @f(%0) : (tensor<2xf32>) -> tensor<2xf32>
    return %1 : tensor<2xf32>
  })",
                    {Tensor64(llvm::ArrayRef<int64_t>{2})}),
            "the evaluator does not know 'func.call'");
  EXPECT_EQ(errorOf("func.func private @f()", {}), "function 'f' does not consist of one block");
}

} // namespace

// Functions as text and back: what artifacts, plans and tables hold of them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "src/graph/function.h"

namespace edge_int8 {
namespace {

using Kind = FunctionToken::Kind;

constexpr std::array<std::pair<Kind, std::string_view>, 9> kWords = {{
    {Kind::kAdd, "add"},
    {Kind::kSubtract, "sub"},
    {Kind::kMultiply, "mul"},
    {Kind::kDivide, "div"},
    {Kind::kMaximum, "max"},
    {Kind::kMinimum, "min"},
    {Kind::kPower, "pow"},
    {Kind::kGreater, "gt"},
    {Kind::kSelect, "select"},
}};

std::string UnaryText(FunctionKind kind, double a, double b) {
  std::string text{FunctionName(kind)};
  const int parameters = FunctionParameters(kind);
  if (parameters > 0) text += fmt::format(":{}", a);
  if (parameters > 1) text += fmt::format(":{}", b);
  return text;
}

std::string TokenText(const FunctionToken& token) {
  if (token.kind == Kind::kX) return "x";
  if (token.kind == Kind::kConstant) return fmt::format("{}", token.a);
  if (token.kind == Kind::kUnary) {
    return UnaryText(token.function, token.a, token.b);
  }
  const auto word = std::ranges::find(
      kWords, token.kind, &std::pair<Kind, std::string_view>::first);
  return std::string(word->second);
}

std::optional<double> ParseNumber(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end) return std::nullopt;
  return value;
}

// Cuts what comes before the first `mark` off the front of *text.
std::string_view Take(std::string_view* text, char mark) {
  const std::size_t at = text->find(mark);
  const std::string_view first = text->substr(0, at);
  *text = at == std::string_view::npos ? "" : text->substr(at + 1);
  return first;
}

std::optional<FunctionToken> ParseUnary(std::string_view text) {
  const auto kind = FindFunction(Take(&text, ':'));
  if (!kind) return std::nullopt;
  FunctionToken token{.kind = Kind::kUnary, .function = *kind};
  for (int p = 0; p < FunctionParameters(*kind); ++p) {
    const auto value = ParseNumber(Take(&text, ':'));
    if (!value) return std::nullopt;
    (p == 0 ? token.a : token.b) = *value;
  }
  if (!text.empty()) return std::nullopt;
  return token;
}

std::optional<FunctionToken> ParseToken(std::string_view text) {
  if (text == "x") return FunctionToken{};
  const auto word = std::ranges::find(
      kWords, text, &std::pair<Kind, std::string_view>::second);
  if (word != kWords.end()) return FunctionToken{.kind = word->first};
  if (const auto number = ParseNumber(text)) {
    return FunctionToken{.kind = Kind::kConstant, .a = *number};
  }
  return ParseUnary(text);
}

}  // namespace

std::string FunctionText(const Function& function) {
  if (function.kind != FunctionKind::kComposed) {
    return UnaryText(function.kind, function.a, function.b);
  }
  std::string text;
  for (const FunctionToken& token : function.tokens) {
    if (!text.empty()) text += ' ';
    text += TokenText(token);
  }
  return text;
}

std::optional<Function> ParseFunction(std::string_view text) {
  if (text.find(' ') == std::string_view::npos) {
    const auto token = ParseUnary(text);
    if (token) return Function{token->function, token->a, token->b};
  }
  Function function{FunctionKind::kComposed};
  while (!text.empty()) {
    const auto token = ParseToken(Take(&text, ' '));
    if (!token) return std::nullopt;
    function.tokens.push_back(*token);
  }
  if (!IsSoundFunction(function.tokens)) return std::nullopt;
  return function;
}

}  // namespace edge_int8

using Xunit;
using Xunit.Sdk;

namespace Resilient.Llm.Testing.Theories;

/// <summary>A test that runs plain and streaming: its only parameter, <c>streaming</c> or <c>isStreaming</c>, is false, then true.</summary>
/// <remarks>Other parameters need <c>[Theory]</c> and a <see cref="BothWaysDataAttribute"/> per row.</remarks>
// Derives from FactAttribute: beside a TheoryAttribute the analyzers of xunit ask for a data attribute (xUnit1003).
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Resilient.Llm.Testing.Theories." + nameof(BothWaysDiscoverer), "Resilient.Llm.Testing")]
public sealed class BothWaysAttribute : FactAttribute;

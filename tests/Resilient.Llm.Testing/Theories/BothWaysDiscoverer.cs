using Xunit.Abstractions;
using Xunit.Sdk;

namespace Resilient.Llm.Testing.Theories;

/// <summary>Makes the two test cases of a method with <see cref="BothWaysAttribute"/>. Created by xunit, by its name.</summary>
public sealed class BothWaysDiscoverer(IMessageSink diagnosticMessageSink) : IXunitTestCaseDiscoverer
{
    /// <inheritdoc/>
    public IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        var display = discoveryOptions.MethodDisplayOrDefault();
        var displayOptions = discoveryOptions.MethodDisplayOptionsOrDefault();
        string[] parameters = [.. testMethod.Method.GetParameters().Select(parameter => parameter.Name)];
        if (parameters is not [var only] || !BothWaysDataAttribute.IsOfShape(only))
        {
            return
            [
                new ExecutionErrorTestCase(
                    diagnosticMessageSink,
                    display,
                    displayOptions,
                    testMethod,
                    "[BothWays] is for a method with one parameter, streaming or isStreaming. Use [Theory] and [BothWaysData] instead."),
            ];
        }

        return
        [
            new XunitTestCase(diagnosticMessageSink, display, displayOptions, testMethod, [false]),
            new XunitTestCase(diagnosticMessageSink, display, displayOptions, testMethod, [true]),
        ];
    }
}

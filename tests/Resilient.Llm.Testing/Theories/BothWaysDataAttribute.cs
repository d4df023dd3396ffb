using System.Reflection;
using Xunit.Sdk;

namespace Resilient.Llm.Testing.Theories;

/// <summary>A row of a theory that runs plain and streaming: its parameter <c>streaming</c> or <c>isStreaming</c> is false, then true.</summary>
/// <param name="others">The values of the other parameters, in their order.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class BothWaysDataAttribute(params object?[]? others) : DataAttribute
{
    // An only argument that is null arrives as a null array, as with InlineData.
    private readonly object?[] _others = others ?? [null];

    /// <inheritdoc/>
    public override IEnumerable<object?[]> GetData(MethodInfo testMethod)
    {
        var parameters = testMethod.GetParameters();
        var place = Array.FindIndex(parameters, parameter => IsOfShape(parameter.Name));
        if (place < 0 || parameters.Length != _others.Length + 1)
        {
            throw new InvalidOperationException(
                $"{testMethod.Name} needs a parameter named streaming or isStreaming, and one for each of the {_others.Length} values.");
        }

        return [[.. _others[..place], false, .. _others[place..]], [.. _others[..place], true, .. _others[place..]]];
    }

    internal static bool IsOfShape(string? parameter) => parameter is "streaming" or "isStreaming";
}

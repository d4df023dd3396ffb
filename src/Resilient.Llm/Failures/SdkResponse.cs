using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Reflection;

namespace Resilient.Llm.Failures;

/// <summary>The HTTP answer that some SDK exceptions hold (System.ClientModel, Azure.Core), read without knowing its type.</summary>
internal readonly record struct SdkResponse(string? Body, object? Headers)
{
    public static SdkResponse Of(object? response) =>
        response is null
            ? default
            : new(ForeignCode.Try(Get(response, "Content"), static content => content?.ToString()), Get(response, "Headers"));

    /// <summary>Finds Retry-After in any library's headers object.</summary>
    public static TimeSpan? RetryAfter(object? headers, TimeProvider timeProvider) => headers is null ? null : ForeignCode.Try(
        (headers, timeProvider),
        static from => RetryAfterHeader.Read(
            Find(from.headers, RetryAfterHeader.MillisecondsName), Find(from.headers, RetryAfterHeader.Name), from.timeProvider));

    private static string? Find(object headers, string name) => headers switch
    {
        HttpHeaders http => RetryAfterHeader.Joined(http, name),
        IEnumerable<KeyValuePair<string, string>> pairs => Joined(Same(pairs, name)),
        IEnumerable<KeyValuePair<string, IEnumerable<string>>> lists => Joined(Same(lists, name).SelectMany(static values => values)),
        _ => Value(headers, name),
    };

    private static string? Joined(IEnumerable<string> values) =>
        string.Join(',', values.Take(20)) is { Length: > 0 } joined ? joined : null;

    private static IEnumerable<T> Same<T>(IEnumerable<KeyValuePair<string, T>> pairs, string name) =>
        pairs.Take(200).Where(pair => string.Equals(pair.Key, name, StringComparison.OrdinalIgnoreCase)).Select(static pair => pair.Value);

    /// <summary>Azure's headers have a method TryGetValue, gRPC's trailers a method GetValue, for names in lower case.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "A method that was trimmed away reads as no header.")]
    private static string? Value(object headers, string name)
    {
        var type = headers.GetType();
        if (type.GetMethod("TryGetValue", [typeof(string), typeof(string).MakeByRefType()]) is { } tryGet)
        {
            object?[] arguments = [name, null];
            return tryGet.Invoke(headers, arguments) is true ? arguments[1] as string : null;
        }

        return type.GetMethod("GetValue", [typeof(string)])?.Invoke(headers, [name.ToLowerInvariant()]) as string;
    }

    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "A property that was trimmed away reads as unknown.")]
    private static object? Get(object response, string name)
    {
        for (var type = response.GetType(); type is not null; type = type.BaseType)
        {
            if (type.GetProperty(name, BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                is { CanRead: true } property)
            {
                // A body that was never buffered throws.
                return ForeignCode.Try((property, response), static get => get.property.GetValue(get.response));
            }
        }

        return null;
    }
}

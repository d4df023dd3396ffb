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
        HttpHeaders http => http.NonValidated.TryGetValues(name, out var values) ? values.FirstOrDefault() : null,
        IEnumerable<KeyValuePair<string, string>> pairs => Same(pairs, name).FirstOrDefault(),
        IEnumerable<KeyValuePair<string, IEnumerable<string>>> lists => Same(lists, name).FirstOrDefault()?.FirstOrDefault(),
        _ => TryGetValue(headers, name),
    };

    private static IEnumerable<T> Same<T>(IEnumerable<KeyValuePair<string, T>> pairs, string name) =>
        pairs.Take(200).Where(pair => string.Equals(pair.Key, name, StringComparison.OrdinalIgnoreCase)).Select(static pair => pair.Value);

    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "A method that was trimmed away reads as no header.")]
    private static string? TryGetValue(object headers, string name)
    {
        object?[] arguments = [name, null];
        var method = headers.GetType().GetMethod("TryGetValue", [typeof(string), typeof(string).MakeByRefType()]);
        return method?.Invoke(headers, arguments) is true
            ? arguments[1] as string
            : null;
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

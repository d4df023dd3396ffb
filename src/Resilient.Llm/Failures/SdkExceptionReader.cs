using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Polly.CircuitBreaker;

namespace Resilient.Llm.Failures;

/// <summary>Reads SDK exceptions by their common property names. One cached reader per exception type.</summary>
/// <remarks>
/// Looks at each base type by itself (<see cref="BindingFlags.DeclaredOnly"/>), most derived first: SDKs hide base properties, and an
/// ordinary look-up would find them ambiguous. Getters are foreign code: one that throws reads as null.
/// </remarks>
internal sealed class SdkExceptionReader
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    private static readonly ConditionalWeakTable<Type, SdkExceptionReader> s_readers = [];

    private readonly PropertyInfo? _status;
    private readonly PropertyInfo? _grpcStatus;
    private readonly int? _impliedStatus;
    private readonly PropertyInfo? _code;
    private readonly PropertyInfo? _type;
    private readonly PropertyInfo? _body;
    private readonly PropertyInfo? _headers;
    private readonly PropertyInfo? _retryAfter;
    private readonly MethodInfo? _rawResponse;

    private SdkExceptionReader(Type exceptionType)
    {
        for (var type = exceptionType; type is not null && type != typeof(Exception); type = type.BaseType)
        {
            _status ??= Find(type, IsStatus, "StatusCode", "Status", "HttpStatusCode", "ResponseStatusCode");
            _grpcStatus ??= Find(type, GrpcStatus.IsCode, "StatusCode");

            // OllamaSharp throws it for status 400 alone, and does not keep the status.
            _impliedStatus ??= type.FullName == "OllamaSharp.Models.Exceptions.OllamaException" ? 400 : null;
            _code ??= Find(type, IsName, "ErrorCode", "Code");
            _type ??= Find(type, IsName, "ErrorType");
            _body ??= Find(
                type, static t => t == typeof(string) || t == typeof(JsonElement),
                "ResponseBody", "ResponseContent", "Body", "Content");
            _headers ??= Find(type, static t => !t.IsValueType && t != typeof(string), "ResponseHeaders", "Headers", "Trailers");
            _retryAfter ??= Find(type, static t => (Nullable.GetUnderlyingType(t) ?? t) == typeof(TimeSpan), "RetryAfter");
            _rawResponse ??= RawResponse(type);
        }
    }

    public static SdkException Read(Exception exception, TimeProvider timeProvider) => exception switch
    {
        // Our own and Polly's: nothing to search for.
        ResilientChatException own => default(SdkException) with { RetryAfter = own.RetryAfter },
        BrokenCircuitException broken => default(SdkException) with { RetryAfter = broken.RetryAfter },
        OperationCanceledException or TimeoutException => default,
        _ => s_readers.GetValue(exception.GetType(), static type => new(type)).ReadCore(exception, timeProvider),
    };

    private SdkException ReadCore(Exception exception, TimeProvider timeProvider)
    {
        var raw = SdkResponse.Of(Get(_rawResponse, exception));
        var text = Text(Get(_body, exception)) ?? raw.Body;
        var body = ErrorBody.Parse(text);
        var headers = Get(_headers, exception) ?? raw.Headers;
        TimeSpan? wait = Get(_retryAfter, exception) is TimeSpan shown ? RetryAfterHeader.Clamp(shown) : null;
        return new(
            Get(_status, exception) switch { int i => i, HttpStatusCode s => (int)s, _ => _impliedStatus }
                ?? GrpcStatus.ToHttp(Get(_grpcStatus, exception)),
            Get(_code, exception)?.ToString(),
            Get(_type, exception)?.ToString(),
            !string.IsNullOrWhiteSpace(text),
            body,
            headers is not null,
            wait
                ?? SdkResponse.RetryAfter(headers, timeProvider)
                ?? RetryAfterHeader.ParseDuration(body?.RetryDelay));
    }

    /// <summary>Null also where the document of a JSON element was disposed.</summary>
    private static string? Text(object? body) => body is JsonElement json
        ? ForeignCode.Try(json, static json => json.ValueKind == JsonValueKind.Undefined ? null : json.GetRawText())
        : body as string;

    /// <summary>Null also where the getter throws. Under trimming a member may be known and its code removed.</summary>
    private static object? Get(MemberInfo? member, Exception exception) =>
        ForeignCode.Try((member, exception), static get => get.member switch
        {
            PropertyInfo property => property.GetValue(get.exception),
            MethodInfo method => method.Invoke(get.exception, null),
            _ => null,
        });

    private static bool IsStatus(Type type) =>
        (Nullable.GetUnderlyingType(type) ?? type) is var t && (t == typeof(int) || t == typeof(HttpStatusCode));

    private static bool IsName(Type type) => type == typeof(string) || (Nullable.GetUnderlyingType(type) ?? type).IsEnum;

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification =
        "A property that was trimmed away reads as unknown; the status of HttpRequestException and the users' extractors remain.")]
    private static PropertyInfo? Find(Type type, Func<Type, bool> fits, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (type.GetProperty(name, Declared, null, null, Type.EmptyTypes, null) is { CanRead: true } property
                && fits(property.PropertyType))
            {
                return property;
            }
        }

        return null;
    }

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "A method that was trimmed away reads as unknown.")]
    private static MethodInfo? RawResponse(Type type) => type.GetMethod("GetRawResponse", 0, Declared, null, Type.EmptyTypes, null);
}

using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Failures;

/// <summary>Reads how an answer ended from the raw representations of OpenAI's SDK, whose adapters do not show it.</summary>
/// <remarks>
/// One cached reader per type, found by its name: this library does not depend on an SDK. Other providers' adapters show all that they
/// know. Getters are foreign code: one that throws reads as silent.
/// </remarks>
internal sealed class RawEndReader
{
    private const DynamicallyAccessedMemberTypes Properties = DynamicallyAccessedMemberTypes.PublicProperties;
    private const string Sdk = "OpenAI";
    private const string Chat = "OpenAI.Chat.";
    private const string Responses = "OpenAI.Responses.";

    private static readonly ConditionalWeakTable<Type, RawEndReader> s_readers = [];

    private readonly Func<RawEndReader, object, RawEnd>? _read;
    private readonly PropertyInfo? _answer;
    private readonly PropertyInfo? _refusal;
    private readonly PropertyInfo? _toolCalls;

    private RawEndReader(Type type)
    {
        (_read, _answer, _refusal, _toolCalls) = type.FullName switch
        {
            Chat + "StreamingChatCompletionUpdate" =>
                (ReadChatUpdate, null, Find(type, "RefusalUpdate"), Find(type, "ToolCallUpdates")),
            Responses + "ResponseResult" or Responses + "OpenAIResponse" => (static (_, raw) => ReadResponse(raw), null, null, null),
            Responses + "StreamingResponseCompletedUpdate"
                or Responses + "StreamingResponseIncompleteUpdate"
                or Responses + "StreamingResponseFailedUpdate" =>
                (static (reader, raw) => ReadResponse(reader._answer?.GetValue(raw)), Find(type, "Response"), null, null),
            Responses + "StreamingResponseRefusalDeltaUpdate" =>
                (static (reader, raw) => RefusalOf(reader._refusal?.GetValue(raw)), null, Find(type, "Delta"), null),
            _ => default((Func<RawEndReader, object, RawEnd>?, PropertyInfo?, PropertyInfo?, PropertyInfo?)),
        };
    }

    // What is read by name below, for applications that are trimmed. It costs them nothing if they do not use the SDK.
    [DynamicDependency(Properties, Chat + "StreamingChatCompletionUpdate", Sdk)]
    [DynamicDependency(Properties, Responses + "ResponseResult", Sdk)]
    [DynamicDependency(Properties, Responses + "ResponseError", Sdk)]
    [DynamicDependency(Properties, Responses + "ResponseIncompleteStatusDetails", Sdk)]
    [DynamicDependency(Properties, Responses + "StreamingResponseCompletedUpdate", Sdk)]
    [DynamicDependency(Properties, Responses + "StreamingResponseIncompleteUpdate", Sdk)]
    [DynamicDependency(Properties, Responses + "StreamingResponseFailedUpdate", Sdk)]
    [DynamicDependency(Properties, Responses + "StreamingResponseRefusalDeltaUpdate", Sdk)]
    [DynamicDependency("ToString(System.String)", "System.ClientModel.Primitives.JsonPatch", "System.ClientModel")]
    [UnconditionalSuppressMessage("Trimming", "IL2035", Justification = "The application does not use the SDK.")]
    [UnconditionalSuppressMessage("Trimming", "IL2036", Justification = "This version of the SDK has no such type.")]
    [UnconditionalSuppressMessage("Trimming", "IL2037", Justification = "This version of the SDK has no such member.")]
    public static RawEnd Read(object? raw)
    {
        if (raw is null)
        {
            return default;
        }

        var reader = s_readers.GetValue(raw.GetType(), static type => new(type));
        return reader._read is null ? default : ForeignCode.Try((reader, raw), static of => of.reader._read!(of.reader, of.raw));
    }

    private static RawEnd ReadChatUpdate(RawEndReader reader, object update) =>
        reader._refusal?.GetValue(update) is string { Length: > 0 } words ? RefusalOf(words)
        : reader._toolCalls?.GetValue(update) is ICollection { Count: > 0 } ? new(RawEndKind.ToolCall)

        // Chunks of an answer have its id; an error in place of one is kept as the JSON that it was.
        : Get(update, "CompletionId") is not string { Length: > 0 } && ErrorIn(update) is { } error ? new(RawEndKind.Failed, Error: error)
        : default;

    private static RawEnd ReadResponse(object? response)
    {
        if (response is null)
        {
            return default;
        }

        if (Get(response, "Error") is { } error)
        {
            return new(RawEndKind.Failed, Error: Error(Get(error, "Code")?.ToString(), Get(error, "Message") as string));
        }

        return Get(response, "Status")?.ToString() switch
        {
            "Completed" => new(RawEndKind.Completed),
            "Incomplete" => new(
                RawEndKind.Incomplete, Get(response, "IncompleteStatusDetails") is { } details ? Get(details, "Reason")?.ToString() : null),
            "Failed" => new(RawEndKind.Failed, Error: Error(null, null)),
            "Cancelled" => new(RawEndKind.Cancelled),
            "InProgress" or "Queued" => new(RawEndKind.InProgress),
            _ => default,
        };
    }

    private static RawEnd RefusalOf(object? words) => words is string { Length: > 0 } text ? new(RawEndKind.Refusal, text) : default;

    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "A method that was trimmed away reads as no error.")]
    private static ErrorContent? ErrorIn(object update)
    {
        // "J" formats the patch as the JSON that was received.
        var patch = Get(update, "Patch");
        var json = patch?.GetType().GetMethod("ToString", [typeof(string)])?.Invoke(patch, ["J"]) as string;
        var body = json?.Contains("\"error\"", StringComparison.Ordinal) == true ? ErrorBody.Parse(json) : null;
        return body is null ? null : Error(ErrorCodes.IsKnown(body.Code) ? body.Code : body.Type ?? body.Code, body.Message);
    }

    private static ErrorContent Error(string? code, string? message) => new(message) { ErrorCode = code };

    private static object? Get(object owner, string name) => Find(owner.GetType(), name)?.GetValue(owner);

    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification =
        "A property that was trimmed away reads as silent: the answer is then judged by what the adapter shows.")]
    private static PropertyInfo? Find(Type type, string name) => type.GetProperty(name, BindingFlags.Public | BindingFlags.Instance);
}

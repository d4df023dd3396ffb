using Microsoft.Extensions.AI;
using Resilient.Llm.Failures;

namespace Resilient.Llm.Judging;

/// <summary>
/// Refuses a whole answer that is a gateway's error page or error object, unless the request may have asked for such a format.
/// </summary>
/// <remarks>Costs a look at the first character of an answer. Of a stream, only a page that comes in one piece is seen in time.</remarks>
internal static class ErrorPageVerdict
{
    public static ChatAnswerRejectedException? Of(ChatResponse? response, IEnumerable<ChatMessage> messages, ChatOptions? options) =>
        response is { Messages: [{ Contents: [TextContent text] }] } && IsUnasked(text.Text, messages, options) ? Verdict(response) : null;

    public static ChatAnswerRejectedException? Of(ChatResponseUpdate update, IEnumerable<ChatMessage> messages, ChatOptions? options) =>
        update.Contents is [TextContent text] && IsUnasked(text.Text, messages, options) ? Verdict(null) : null;

    private static bool IsUnasked(string text, IEnumerable<ChatMessage> messages, ChatOptions? options) =>
        MayBegin(text)
        && ErrorPage.IsOne(text)
        && options?.ResponseFormat is (null or ChatResponseFormatText)
        && !(options?.Instructions is { } instructions && ErrorPage.MayBeAskedFor(instructions))
        && !messages.Any(static message => message is not null && ErrorPage.MayBeAskedFor(message.Text));

    private static bool MayBegin(string text)
    {
        var start = text.AsSpan().TrimStart();
        return !start.IsEmpty && (start[0] is '<' or '{');
    }

    private static ChatAnswerRejectedException Verdict(ChatResponse? response) =>
        new("The provider reported success, but its answer is an error page or an error object.", FailureKind.InvalidResponse, response);
}

using Microsoft.Extensions.AI;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.RateLimiting;

/// <summary>Tokens of a request: estimated before, read after. The settlement by true usage corrects the estimate.</summary>
internal static class TokenCount
{
    public static int Estimate(IReadOnlyList<ChatMessage> messages, ChatOptions? options)
    {
        long characters = options?.Instructions?.Length ?? 0;
        for (var i = 0; i < messages.Count; i++)
        {
            var contents = messages[i].Contents;
            for (var j = 0; j < contents.Count; j++)
            {
                characters += contents[j] switch
                {
                    TextContent text => text.Text.Length,
                    TextReasoningContent reasoning => reasoning.Text.Length,
                    FunctionResultContent { Result: string result } => result.Length,
                    _ => 0,
                };
            }
        }

        var tokens = (characters / TokenEstimate.CharactersPerToken)
            + (options?.MaxOutputTokens ?? ChatRateLimitOptions.AssumedOutputTokens);
        return (int)Math.Clamp(tokens, 0, int.MaxValue);
    }

    /// <summary>The tokens used; null when the provider did not report them.</summary>
    public static long? Total(UsageDetails? usage) => usage switch
    {
        { TotalTokenCount: { } total } => total,
        { InputTokenCount: null, OutputTokenCount: null } or null => null,
        _ => usage.InputTokenCount.GetValueOrDefault() + usage.OutputTokenCount.GetValueOrDefault(),
    };
}

using Microsoft.Extensions.AI;

namespace Resilient.Llm.Failures;

/// <summary>What a provider's own object says about the end of an answer where the adapter does not.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Word">The reason of <see cref="RawEndKind.Incomplete"/>, or the words of <see cref="RawEndKind.Refusal"/>.</param>
/// <param name="Error">The error of <see cref="RawEndKind.Failed"/>.</param>
internal readonly record struct RawEnd(RawEndKind Kind, string? Word = null, ErrorContent? Error = null)
{
    /// <summary>The reason of an incomplete answer in the terms of the finish reasons. An unknown one is kept as it is.</summary>
    public ChatFinishReason? Reason => Kind != RawEndKind.Incomplete || string.IsNullOrEmpty(Word) ? null : Word switch
    {
        "max_output_tokens" or "max_tokens" => ChatFinishReason.Length,
        "content_filter" => ChatFinishReason.ContentFilter,
        _ => new(Word),
    };
}

/// <summary>What a provider's own object says about an answer.</summary>
internal enum RawEndKind
{
    /// <summary>Nothing that the adapter does not show.</summary>
    Silent = 0,

    /// <summary>The answer is complete.</summary>
    Completed,

    /// <summary>The provider ended it early, for a reason.</summary>
    Incomplete,

    /// <summary>The provider failed.</summary>
    Failed,

    /// <summary>It was cancelled at the provider.</summary>
    Cancelled,

    /// <summary>It is still being made.</summary>
    InProgress,

    /// <summary>A piece of a refusal.</summary>
    Refusal,

    /// <summary>A piece of a tool call, which the adapter hands over when the stream has ended.</summary>
    ToolCall,
}

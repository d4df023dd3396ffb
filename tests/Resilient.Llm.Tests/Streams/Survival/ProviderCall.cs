using System.Text;
using Microsoft.Extensions.AI;

namespace Resilient.Llm.Tests;

/// <summary>One call that a provider received, and what it gave for it while somebody wanted it.</summary>
internal sealed class ProviderCall(string model, int order, int request, bool isStreaming)
{
    public string Model { get; } = model;

    /// <summary>The author, whom every word of the answer names. No two begin alike: else one could seem to repeat the other.</summary>
    public string Name { get; } = $"{order}{model}";

    /// <summary>The author as its words name it.</summary>
    public string Word => ProviderScripts.Letters(Name);

    /// <summary>Which request it was for.</summary>
    public int Request { get; } = request;

    public bool IsStreaming { get; } = isStreaming;

    public TimeSpan StartedAt { get; init; }

    /// <summary>The part of the answer that it was asked to continue; null for a call that begins one.</summary>
    public string? Partial { get; init; }

    public int? MaxOutputTokens { get; init; }

    public ProviderScript Script { get; set; } = null!;

    public StringBuilder Text { get; } = new();

    public StringBuilder Reasoning { get; } = new();

    public List<string> ToolCalls { get; } = [];

    /// <summary>The marks of its updates: each has one, that nothing else has.</summary>
    public List<string> Marks { get; } = [];

    /// <summary>Usage came in these numbers of input tokens, each unique in the run.</summary>
    public List<long> Usages { get; } = [];

    public ChatFinishReason? Finish { get; set; }

    /// <summary>The marks of those updates that brought content.</summary>
    public List<string> ContentMarks { get; } = [];

    /// <summary>Whether the last that it showed was reasoning.</summary>
    public bool IsReasoning { get; set; }

    public bool HadError { get; set; }

    /// <summary>Ended without an exception, and not because it was cancelled.</summary>
    public bool EndedCleanly { get; set; }

    /// <summary>What it threw by itself, while somebody wanted to know.</summary>
    public Exception? Failure { get; set; }

    public bool HasContent => Text.Length > 0 || ToolCalls.Count > 0;

    /// <summary>A whole answer, whatever came after its end.</summary>
    public bool IsComplete => Finish is not null && (HasContent || (EndedCleanly && Finish == ChatFinishReason.ContentFilter));

    /// <summary>An answer that may be stored: a plain one needs no finish reason.</summary>
    public bool IsWhole => (IsComplete && Finish == ChatFinishReason.Stop) || (!IsStreaming && Finish is null && EndedCleanly && !HadError && HasContent);

    /// <summary>What it adds to the answer that it goes on with: nothing as long as it only repeats.</summary>
    public string Contribution => Script.Style switch
    {
        ContinuationStyle.StartsOver or ContinuationStyle.SpeaksOfItself => "",
        _ => Text.ToString()[Math.Min(Text.Length, Script.OverlapText.Length)..],
    };

    public override string ToString() => Name;
}

using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>Holds back the preamble of a stream (roles, ids, empty text, usage) until there is something to show, so that a failure before it leaves no trace.</summary>
internal sealed class HeldUpdates
{
    /// <summary>A stream of nothing but keep-alives must not fill the memory.</summary>
    private const int Limit = 64;

    private List<ChatResponseUpdate>? _held;

    /// <summary>Whether something went out that cannot be taken back. Reasoning is shown at once but leads to no answer by itself.</summary>
    public bool HasContent { get; private set; }

    /// <summary>What to pass on now that <paramref name="update"/> has come.</summary>
    public IReadOnlyList<ChatResponseUpdate> Pass(ChatResponseUpdate update)
    {
        var isShown = false;
        foreach (var content in update.Contents)
        {
            HasContent |= content is not (UsageContent or TextReasoningContent) && content is not TextContent { Text.Length: 0 };
            isShown |= content is TextReasoningContent;
        }

        isShown |= HasContent;
        if (isShown && _held is null)
        {
            return [update];
        }

        (_held ??= []).Add(isShown ? update : HeldUpdate.Of(update));
        return isShown || _held.Count >= Limit ? Rest() : [];
    }

    public IReadOnlyList<ChatResponseUpdate> Rest()
    {
        var held = _held;
        _held = null;
        return held ?? [];
    }
}

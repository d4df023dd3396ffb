using Microsoft.Extensions.AI;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Streams;

/// <summary>An update that is kept while its provider continues.</summary>
internal static class HeldUpdate
{
    /// <summary>A copy that includes the contents: a provider may reuse an update, or its content, and the text would come twice.</summary>
    public static ChatResponseUpdate Of(ChatResponseUpdate update)
    {
        var copy = ShallowCopy.Of(update);
        copy.Contents = [.. update.Contents.Select(Of)];
        return copy;
    }

    private static AIContent Of(AIContent content)
    {
        if (content is null)
        {
            return null!;
        }

        var copy = ShallowCopy.Of(content);
        if (copy is UsageContent usage)
        {
            usage.Details = ShallowCopy.Of(usage.Details);
        }

        return copy;
    }
}

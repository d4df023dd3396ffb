using Microsoft.Extensions.AI;
using Resilient.Llm.Utilities;

namespace Resilient.Llm.Streams;

/// <summary>An update that is kept while its provider goes on.</summary>
internal static class HeldUpdate
{
    /// <summary>
    /// A copy down to the contents: a provider may fill the same update again for the next one, or the same content in it, and then the
    /// text would come twice.
    /// </summary>
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

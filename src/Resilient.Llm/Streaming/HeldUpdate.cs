using Microsoft.Extensions.AI;

namespace Resilient.Llm;

/// <summary>An update that is kept while its provider goes on.</summary>
internal static class HeldUpdate
{
    /// <summary>A copy: a provider may fill one and the same instance again for the next update, and then the text would come twice.</summary>
    public static ChatResponseUpdate Of(ChatResponseUpdate update)
    {
        if (update.GetType() != typeof(ChatResponseUpdate))
        {
            // A copy would lose what a derived type adds.
            return update;
        }

        var copy = update.Clone();
        copy.Contents = [.. update.Contents];
        return copy;
    }
}

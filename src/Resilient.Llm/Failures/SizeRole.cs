namespace Resilient.Llm.Failures;

/// <summary>What a word can be in a sentence about size.</summary>
[Flags]
internal enum SizeRole
{
    None = 0,

    /// <summary>The model's context: also <see cref="Content"/>.</summary>
    Context = 1,

    /// <summary>What the model reads: context, prompt, input.</summary>
    Content = 1 << 1,

    /// <summary>What can be called too large as a whole: the content, the request, its body.</summary>
    Whole = 1 << 2,

    /// <summary>A string of the request.</summary>
    Text = 1 << 3,

    Token = 1 << 4,

    /// <summary>The limit of the answer: max_tokens, completion tokens.</summary>
    Answer = 1 << 5,

    /// <summary>length, size, window, count.</summary>
    Length = 1 << 6,

    Size = 1 << 7,

    /// <summary>limit, maximum, window, length: what can be exceeded.</summary>
    Limit = 1 << 8,

    Maximum = 1 << 9,

    Exceeds = 1 << 10,

    /// <summary>longer than, greater than.</summary>
    Comparative = 1 << 11,

    TooLarge = 1 << 12,

    TooMany = 1 << 13,

    /// <summary>reduce, shorten, shorter.</summary>
    Less = 1 << 14,

    /// <summary>messages, history, conversation.</summary>
    History = 1 << 15,

    Range = 1 << 16,

    /// <summary>Words that may stand between a noun and its verb: is, has, length, numbers.</summary>
    Between = 1 << 17,
}

/// <summary>What a message holds anywhere.</summary>
[Flags]
internal enum SizeSeen
{
    None = 0,
    Context = 1,
    Token = 1 << 1,
    Maximum = 1 << 2,
    Only = 1 << 3,

    /// <summary>Words of rate limits and accounts.</summary>
    Rate = 1 << 4,

    /// <summary>Images, files, audio.</summary>
    Media = 1 << 5,

    /// <summary>Two different numbers, both too large for anything but tokens.</summary>
    TwoNumbers = 1 << 6,
    HugeNumber = 1 << 7,

    /// <summary>The answer's limit is named before anything else.</summary>
    AnswerFirst = 1 << 8,
}

/// <param name="Role">What the word can be.</param>
/// <param name="StartsClause">Whether punctuation separates it from the word before.</param>
internal readonly record struct SizeWord(SizeRole Role, bool StartsClause)
{
    /// <summary>Whether the word has all these roles, or any of them.</summary>
    public bool Is(SizeRole role, bool any = false) => any ? (Role & role) != 0 : (Role & role) == role;
}

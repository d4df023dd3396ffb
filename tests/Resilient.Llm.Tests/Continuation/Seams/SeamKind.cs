namespace Resilient.Llm.Tests;

/// <summary>How a model continues a broken answer.</summary>
internal enum SeamKind
{
    Exact,
    RestartFromTheTop,
    RestartOfTheSentence,
    LastWordsAgain,
    LastCharactersAgain,
    Preamble,
    Refusal,
    SpacesAndCase,
    HeldOut,
}

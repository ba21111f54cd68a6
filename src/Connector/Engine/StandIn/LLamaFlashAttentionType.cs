namespace LLama.Native;

internal enum LLamaFlashAttentionType
{
    LLAMA_FLASH_ATTENTION_TYPE_AUTO = -1,
    LLAMA_FLASH_ATTENTION_TYPE_DISABLED = 0,
    LLAMA_FLASH_ATTENTION_TYPE_ENABLED = 1,
}

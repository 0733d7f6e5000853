import Embedding

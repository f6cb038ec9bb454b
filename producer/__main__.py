"""`python -m producer` is `glasses`."""

from producer.main import main

if __name__ == "__main__":
    main()

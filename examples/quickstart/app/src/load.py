print("loading the sales so far")

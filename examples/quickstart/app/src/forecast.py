print("forecasting next week's demand")
